import { paint, type ScreenOptions, type Tone } from './paint.ts';

/** A cell, with a tone where it matters. */
export type Cell = string | { readonly text: string; readonly tone: Tone | undefined };

/** Lines of a table with aligned columns, two spaces apart, without trailing spaces. */
export function table(head: readonly string[], rows: readonly (readonly Cell[])[], options: ScreenOptions): string[] {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => textOf(row[column] ?? '').length)),
  );
  const line = (cells: readonly Cell[], tone?: Tone): string =>
    cells
      .map((cell, column) => {
        const text = textOf(cell);
        const padding = column === cells.length - 1 ? '' : ' '.repeat((widths[column] ?? 0) - text.length);
        return paint(text, typeof cell === 'string' ? tone : cell.tone, options) + padding;
      })
      .join('  ')
      .trimEnd();
  return [line(head, 'dim'), ...rows.map((row) => line(row))];
}

function textOf(cell: Cell): string {
  return typeof cell === 'string' ? cell : cell.text;
}
