import { z } from 'zod';
import { configFile } from './schema.ts';

/** The part of a JSON Schema that the documentation reads. */
export interface JsonSchema {
  readonly $schema?: string;
  readonly title?: string;
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  /** What the field allows, in words; not part of JSON Schema, removed from what is printed. */
  readonly allowed?: string;
  /** How the documentation calls a key that the admin chooses; removed as well. */
  readonly placeholder?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly propertyNames?: JsonSchema;
  readonly additionalProperties?: boolean | JsonSchema;
  readonly items?: JsonSchema;
}

/** The file as a schema with the phrases of fields.ts. */
export function describeFile(): JsonSchema {
  // The cast narrows zod's own, wider type to the keywords read here.
  return z.toJSONSchema(configFile, { io: 'input' }) as JsonSchema;
}

/**
 * JSON Schema (2020-12) of the file as it is on disk, for editors: completion, descriptions and most mistakes. What
 * holds between fields only `failoverctl config check` knows.
 */
export function jsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(configFile, {
    io: 'input',
    override: ({ jsonSchema: node }) => {
      delete node['allowed'];
      delete node['placeholder'];
    },
  });
  const { $schema, ...rest } = schema;
  return { $schema, title: 'failoverd.yaml', ...rest } as JsonSchema;
}
