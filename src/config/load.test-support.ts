import type { ReadFile } from './files.ts';
import { type LoadResult, loadConfig } from './load.ts';
import { formatMistake } from './mistake.ts';

/** The reference deployment; the specs change one thing in it at a time. */
export const REFERENCE = `cluster: isv-pod
routers:
  vrouter1: { addresses: [172.20.136.130, 10.0.0.2] }
  vrouter2: { addresses: [172.20.136.131, 10.0.0.3] }
heartbeat:
  auth:
    keys: { 1: "file:/key" }
groups:
  isv:
    virtual_router_id: 51
    priority: { vrouter1: 200, vrouter2: 100 }
    interfaces:
      ens3: { vips: [172.20.136.132] }
      ens5: { vips: [10.0.0.4/28] }
      ens6: { vips: [10.0.0.36] }
`;

export const KEY = 'ab'.repeat(32);

/** A disk in memory: path to text, or to text with permission bits. */
export function diskOf(files: Readonly<Record<string, string | { text: string; mode: number }>>): ReadFile {
  return (path) => {
    const file = files[path];
    if (file === undefined) throw Object.assign(new Error('ENOENT'), { code: 'ENOENT' });
    return typeof file === 'string'
      ? { bytes: Buffer.from(file), mode: 0o640 }
      : { bytes: Buffer.from(file.text), mode: file.mode };
  };
}

/** Replaces text that must be there. */
export function edit(text: string, ...changes: readonly (readonly [from: string, to: string])[]): string {
  return changes.reduce((result, [from, to]) => {
    if (!result.includes(from)) throw new Error(`nothing to replace: ${from}`);
    return result.replace(from, () => to);
  }, text);
}

export function load(text: string, options: { node?: string; hostname?: string; env?: Record<string, string> } = {}) {
  return loadConfig({
    path: 'f.yaml',
    node: options.node,
    hostname: options.hostname ?? 'vrouter1.example.com',
    env: options.env ?? {},
    readFile: diskOf({ 'f.yaml': text, '/key': `${KEY}\n` }),
  });
}

/** Every mistake as it is printed; `ok` and the warnings when there is none. */
export function lines(result: LoadResult): string[] {
  return result.ok ? ['ok', ...result.warnings.map(formatMistake)] : result.mistakes.map(formatMistake);
}

/** What is changed in the reference deployment, and every line that it must give. */
export interface MistakeRow {
  readonly name: string;
  readonly changes: readonly (readonly [from: string, to: string])[];
  readonly mistakes: readonly string[];
}
