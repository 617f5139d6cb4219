import { z } from 'zod';
import { didYouMean, type Finding, type Path, quote } from './mistake.ts';
import { type ConfigFile, configFile } from './schema.ts';

/** What is left of `T` when every value with a mistake is taken out, and no default is filled in. */
export type Partially<T> = T extends readonly (infer Item)[]
  ? readonly (Partially<Item> | undefined)[]
  : T extends object
    ? { readonly [Key in keyof T]?: Partially<T[Key]> | undefined }
    : T;

/** The valid part of a file: a key with a mistake is there, and its value is undefined. */
export type ConfigView = Partially<ConfigFile>;

export interface SchemaResult {
  readonly findings: readonly Finding[];
  /** So that the checks across fields can run although single fields have mistakes. */
  readonly view: ConfigView;
  /** Only when there was no finding. */
  readonly file?: ConfigFile;
}

/** Checks every field on its own. */
export function checkSchema(value: unknown): SchemaResult {
  const result = configFile.safeParse(value);
  if (result.success) return { findings: [], view: value as ConfigView, file: result.data };

  const findings: Finding[] = [];
  const wrong = new Set<string>();
  for (const issue of result.error.issues) {
    const path = issue.path.filter((part): part is string | number => typeof part !== 'symbol');
    if (issue.code === 'unrecognized_keys') {
      const known = knownKeys(path);
      findings.push(...issue.keys.map((key) => unknownKey([...path, key], key, known)));
      continue;
    }
    const place = JSON.stringify(path);
    // A value that fails two checks of the same field is one mistake.
    if (wrong.has(place)) continue;
    wrong.add(place);
    if (issue.code === 'invalid_key') {
      findings.push({ path, message: `the name ${issue.issues[0]?.message ?? issue.message}`, atKey: true });
    } else {
      findings.push({ path, message: issue.message });
    }
  }
  // The cast is what pruning means: what the schema found wrong is undefined, the rest has the schema's types.
  return { findings, view: (prune(value, [], wrong) ?? {}) as ConfigView };
}

function unknownKey(path: Path, key: string, known: readonly string[]): Finding {
  const meant = didYouMean(key, known);
  const hint = meant === undefined ? '' : `, did you mean ${quote(meant)}?`;
  return {
    path,
    message: `is not a known key${hint}${hint === '' ? ',' : ''} allowed: ${known.join(', ')}`,
    atKey: true,
  };
}

function knownKeys(path: Path): readonly string[] {
  let schema: unknown = configFile;
  for (const part of path) {
    const outer = unwrap(schema);
    if (outer instanceof z.ZodObject) schema = outer.shape[part];
    else if (outer instanceof z.ZodRecord) schema = outer.valueType;
    else if (outer instanceof z.ZodArray) schema = outer.element;
  }
  const found = unwrap(schema);
  return found instanceof z.ZodObject ? Object.keys(found.shape) : [];
}

function unwrap(schema: unknown): unknown {
  let inner = schema;
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodDefault || inner instanceof z.ZodPrefault) {
    inner = inner.unwrap();
  }
  return inner;
}

function prune(value: unknown, path: Path, wrong: ReadonlySet<string>): unknown {
  if (wrong.has(JSON.stringify(path))) return undefined;
  if (Array.isArray(value)) return value.map((item, index) => prune(item, [...path, index], wrong));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, prune(item, [...path, key], wrong)]));
}
