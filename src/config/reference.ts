import { describeFile, type JsonSchema } from './json-schema.ts';
import { UNSERVED } from './unserved.ts';

interface Row {
  readonly path: string;
  readonly schema: JsonSchema;
  readonly required: boolean;
}

/** `docs/configuration.md`, made from the schema; `example` is the text of the example file. */
export function configurationReference(example: string): string {
  const { properties = {}, required = [] } = describeFile();
  const entries = Object.entries(properties);
  const isSection = (schema: JsonSchema): boolean => schema.type === 'object';
  const plain = entries.filter(([, schema]) => !isSection(schema));
  const sections = entries.filter(([, schema]) => isSection(schema));
  return [
    '# Configuration',
    '<!-- Made from src/config/schema.ts by scripts/generate-docs.mjs: change it there. -->',
    [
      'One YAML file, `/etc/failoverd/failoverd.yaml`, the same bytes on every router: a router finds its own entry by',
      'its short host name, or by `--node`. No OCID is written anywhere.',
    ].join('\n'),
    [
      '- A key that is not listed here is a mistake, and so is a value that is not allowed. `failoverctl config check` and',
      '  `failoverd --check` report every mistake at once as `file:line:column: key: what is wrong, allowed: what is`.',
      '- Durations carry their unit: `10ms`, `2s`, `1m`.',
      '- Anchors, aliases and merge keys (`<<`) work.',
      '- `failoverctl config schema` prints a JSON Schema for editors.',
    ].join('\n'),
    '## Example',
    `\`\`\`yaml\n${example.trimEnd()}\n\`\`\``,
    '## Top level',
    list(plain.map(([path, schema]) => ({ path, schema, required: required.includes(path) }))),
    ...sections.flatMap(([path, schema]) => [
      `## ${path}`,
      schema.description ?? '',
      list([...rowsBelow(path, schema)]),
    ]),
    '## Not served by this release',
    'These belong to the file and are refused by name until they work:',
    `${UNSERVED.map(({ path, sentence }) => `- \`${path}\`: ${sentence}`).join('\n')}\n`,
  ].join('\n\n');
}

function* rowsBelow(path: string, schema: JsonSchema): Generator<Row> {
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    yield* rowsOf({ path: `${path}.${name}`, schema: field, required: schema.required?.includes(name) ?? false });
  }
  const values = schema.additionalProperties;
  if (typeof values === 'object') {
    const placeholder = schema.propertyNames?.placeholder ?? 'NAME';
    yield* rowsOf({ path: `${path}.${placeholder}`, schema: values, required: false });
  }
}

function* rowsOf(row: Row): Generator<Row> {
  const { path, schema } = row;
  const items = schema.items;
  if (schema.description !== undefined && schema.allowed !== undefined) yield row;
  yield* rowsBelow(path, schema);
  if (items?.properties !== undefined) yield* rowsBelow(`${path}[]`, items);
}

/** A list and no table: it reads well as plain text, and formatters leave it alone. */
function list(rows: readonly Row[]): string {
  return rows
    .map(({ path, schema, required }) => {
      const fallback =
        schema.default === undefined ? (required ? '; required' : '') : `; default ${code(schema.default)}`;
      return `- \`${path}\`: ${schema.description ?? ''}${notYet(path)}\n  Allowed: ${schema.allowed ?? ''}${fallback}.`;
    })
    .join('\n');
}

/** A word of warning for a key that unserved.ts names. */
function notYet(path: string): string {
  const pattern = path.replaceAll(/\.(NAME|INTERFACE|ROUTER|ID)(?=\.|$)/g, '.*');
  const isRefused = UNSERVED.some((entry) => entry.path === pattern || entry.path === `${parentOf(pattern)}.*`);
  return isRefused ? ' Not served in full by this release, see below.' : '';
}

function parentOf(pattern: string): string {
  return pattern.slice(0, Math.max(pattern.lastIndexOf('.'), 0));
}

function code(value: unknown): string {
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}
