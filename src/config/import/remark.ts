/** Where something stands in a file; line and column count from 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A value and where it was written. */
export interface Placed<T> {
  readonly value: T;
  readonly at: Position;
}

/**
 * One thing to say about the deployment that is imported. `mistake`: nothing can be written before it is corrected;
 * `todo`: has no equivalent, the message says what to do; `note`: has none and needs none, or was guessed.
 */
export interface Remark {
  readonly kind: 'mistake' | 'todo' | 'note';
  readonly at: Position;
  readonly message: string;
}

/** What the readers say while they read. */
export interface Remarks {
  mistake(at: Position, message: string): void;
  todo(at: Position, message: string): void;
  note(at: Position, message: string): void;
  readonly list: readonly Remark[];
}

export function makeRemarks(): Remarks {
  const list: Remark[] = [];
  const said = new Set<string>();
  const say =
    (kind: Remark['kind']) =>
    (at: Position, message: string): void => {
      const remark: Remark = { kind, at, message };
      const text = formatRemark(remark);
      // One file can stand for several routers (`@host`) and would say everything as often.
      if (said.has(text)) return;
      said.add(text);
      list.push(remark);
    };
  return { mistake: say('mistake'), todo: say('todo'), note: say('note'), list };
}

/** `file:line:column: what is wrong, or what to do`, as `config check` says it. */
export function formatRemark({ kind, at, message }: Remark): string {
  return `${place(at)}: ${kind === 'note' ? 'note: ' : ''}${message}`;
}

/** `file:line:column`. */
export function place({ file, line, column }: Position): string {
  return `${file}:${line}:${column}`;
}

/** What is said of several files in the same words is said once, with all places. */
export function merge(remarks: readonly Remark[]): Remark[] {
  const groups = new Map<string, Remark[]>();
  for (const remark of remarks) {
    const key = remark.kind === 'mistake' ? formatRemark(remark) : `${remark.kind} ${remark.message}`;
    groups.set(key, [...(groups.get(key) ?? []), remark]);
  }
  return [...groups.values()].flatMap(([first, ...others]): Remark[] => {
    if (first === undefined) return [];
    const also = others.length === 0 ? '' : ` (also ${others.map(({ at }) => place(at)).join(', ')})`;
    return [{ ...first, message: `${first.message}${also}` }];
  });
}

/** What has to be done first, then in the order of the files it was found in. */
export function inOrder(remarks: readonly Remark[]): Remark[] {
  const files = [...new Set(remarks.map(({ at }) => at.file))];
  const isNote = ({ kind }: Remark): number => (kind === 'note' ? 1 : 0);
  return [...remarks].sort(
    (a, b) =>
      isNote(a) - isNote(b) ||
      files.indexOf(a.at.file) - files.indexOf(b.at.file) ||
      a.at.line - b.at.line ||
      a.at.column - b.at.column,
  );
}
