/** Colours are not counted, and end where the text does. */
const ESCAPE = '\u001b';
const SGR = new RegExp(`${ESCAPE}\\[[0-9;]*m`, 'y');
const RESET = `${ESCAPE}[0m`;

/** A line cut to so many columns, its last character an ellipsis where something was cut. */
export function clip(line: string, columns: number): string {
  const parts: string[] = [];
  let width = 0;
  let coloured = false;
  let index = 0;
  while (index < line.length) {
    SGR.lastIndex = index;
    const colour = SGR.exec(line)?.[0];
    if (colour !== undefined) {
      parts.push(colour);
      coloured = colour !== RESET;
      index += colour.length;
      continue;
    }
    const character = String.fromCodePoint(line.codePointAt(index) ?? 0);
    if (width === columns) {
      parts[lastText(parts)] = '…';
      return `${parts.join('')}${coloured ? RESET : ''}`;
    }
    parts.push(character);
    width += 1;
    index += character.length;
  }
  return line;
}

function lastText(parts: readonly string[]): number {
  return parts.findLastIndex((part) => !part.startsWith(ESCAPE));
}
