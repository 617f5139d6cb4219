/** A terminal that understands what failoverctl writes, and shows what a person would see. */
export interface Screen {
  write(text: string): void;
  /** What stands on it, without trailing blanks. */
  lines(): readonly string[];
  /** The other screen is shown, as for a program that fills it. */
  isAlternate(): boolean;
  cursorVisible(): boolean;
  resize(columns: number, rows: number): void;
}

const ESCAPE = '\u001b';
const SEQUENCE = new RegExp(`^${ESCAPE}\\[(\\?)?([0-9;]*)([A-Za-z])`);

export function createScreen(columns: number, rows: number): Screen {
  let size = { columns, rows };
  let primary = blank();
  let alternate = blank();
  let isAlternate = false;
  let visible = true;
  let row = 0;
  let column = 0;
  let pending = '';

  function blank(): string[][] {
    return Array.from({ length: size.rows }, () => Array.from({ length: size.columns }, () => ' '));
  }
  const cells = () => (isAlternate ? alternate : primary);

  function newLine(): void {
    row += 1;
    if (row < size.rows) return;
    row = size.rows - 1;
    cells().shift();
    cells().push(Array.from({ length: size.columns }, () => ' '));
  }

  function put(character: string): void {
    if (column >= size.columns) {
      column = 0;
      newLine();
    }
    const line = cells()[row];
    if (line !== undefined) line[column] = character;
    column += 1;
  }

  function erase(fromRow: number, fromColumn: number, toRow: number): void {
    cells().forEach((line, index) => {
      if (index >= fromRow && index <= toRow) line.fill(' ', index === fromRow ? fromColumn : 0);
    });
  }

  function obey(isPrivate: boolean, parameters: string, letter: string): void {
    switch (`${isPrivate ? '?' : ''}${letter === 'm' || isPrivate ? parameters : ''}${letter}`) {
      case '?1049h':
        isAlternate = true;
        alternate = blank();
        return;
      case '?1049l':
        isAlternate = false;
        return;
      case '?25l':
      case '?25h':
        visible = letter === 'h';
        return;
      case 'H':
        row = 0;
        column = 0;
        return;
      case 'K':
        return erase(row, column, row);
      case 'J':
        return erase(row, column, size.rows - 1);
      default:
        if (letter !== 'm') throw new Error(`a terminal of this test does not know ${letter}`);
    }
  }

  return {
    write(text) {
      let rest = pending + text;
      pending = '';
      while (rest !== '') {
        if (rest.startsWith(ESCAPE)) {
          const [whole = '', isPrivate, parameters = '', letter = ''] = SEQUENCE.exec(rest) ?? [];
          if (whole === '') {
            pending = rest;
            return;
          }
          obey(isPrivate !== undefined, parameters, letter);
          rest = rest.slice(whole.length);
          continue;
        }
        const character = String.fromCodePoint(rest.codePointAt(0) ?? 0);
        rest = rest.slice(character.length);
        if (character === '\r') column = 0;
        else if (character === '\n') newLine();
        else put(character);
      }
    },
    lines: () => cells().map((line) => line.join('').trimEnd()),
    isAlternate: () => isAlternate,
    cursorVisible: () => visible,
    resize(newColumns, newRows) {
      size = { columns: newColumns, rows: newRows };
      primary = blank();
      alternate = blank();
    },
  };
}
