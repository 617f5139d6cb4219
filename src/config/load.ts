import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { checkGroups, warnAboutGroups } from './check-groups.ts';
import { checkHeartbeat, warnAboutHeartbeat } from './check-heartbeat.ts';
import { checkPresence } from './check-presence.ts';
import { checkRouters } from './check-routers.ts';
import { checkRoutes } from './check-routes.ts';
import { checkSync } from './check-sync.ts';
import { checkTransport, warnAboutTransport } from './check-transport.ts';
import { readYaml, type YamlDocument } from './document.ts';
import { makeEffective, type Secrets } from './effective.ts';
import { describeFileError, type ReadFile, readFromDisk } from './files.ts';
import { mergeAuth } from './merge.ts';
import { didYouMean, type Finding, formatPath, type Mistake, type Path, quote } from './mistake.ts';
import type { LoadedConfig } from './model.ts';
import { readPassword, readSecret, type SecretResult, type SecretSources } from './secrets.ts';
import { findUnserved } from './unserved.ts';
import { type ConfigView, checkSchema } from './view.ts';

export interface LoadOptions {
  readonly path: string;
  /** `--node`: the router to be, whatever the host is called. */
  readonly node?: string | undefined;
  /** As the kernel has it; a domain is cut off. */
  readonly hostname: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly readFile?: ReadFile;
}

export type LoadResult =
  | { readonly ok: true; readonly loaded: LoadedConfig; readonly warnings: readonly Mistake[] }
  /** Every mistake, in the order of the file. */
  | { readonly ok: false; readonly mistakes: readonly Mistake[] };

/** Reads, checks and completes the configuration. Never throws: whatever is wrong is a mistake with its position. */
export function loadConfig(options: LoadOptions): LoadResult {
  const { path, readFile = readFromDisk, env = process.env } = options;
  const read = readText(path, readFile);
  if ('failure' in read) {
    return { ok: false, mistakes: [{ file: path, line: 1, column: 1, path: '', message: read.failure }] };
  }
  const { bytes, text } = read;

  const document = readYaml(text);
  const place = (finding: YamlDocument['findings'][number]): Mistake => ({
    file: path,
    ...(finding.position ?? document.positionOf(finding.path, finding.atKey === true ? 'key' : 'value')),
    path: formatPath(finding.path),
    message: finding.message,
  });
  const inOrder = (findings: YamlDocument['findings']): Mistake[] =>
    findings.map(place).sort((a, b) => a.line - b.line || a.column - b.column);
  if (!document.readable) return { ok: false, mistakes: inOrder(document.findings) };

  const unserved = findUnserved(document.value);
  const whole = [...unserved, ...document.findings.filter((finding) => finding.path.length > 0)];
  const { findings, view, file } = checkSchema(document.value);
  const secrets = readSecrets(view, { readFile, env });
  const name = options.node ?? options.hostname.split('.', 1)[0] ?? '';
  const mistakes = [
    ...document.findings,
    ...unserved,
    // A part that is refused or unreadable as a whole needs no list of what else is wrong in it.
    ...findings.filter(({ path: at }) => !whole.some((refused) => startsWith(at, refused.path))),
    ...checkRouters(view),
    ...checkGroups(view),
    ...checkPresence(view),
    ...checkSync(view),
    ...checkRoutes(view),
    ...checkHeartbeat(view),
    ...checkTransport(view),
    ...secrets.mistakes,
    ...checkSelf(view, name, options),
  ];
  if (mistakes.length > 0 || file === undefined) return { ok: false, mistakes: inOrder(mistakes) };

  const config = makeEffective(file, secrets.values);
  const self = config.routers.find((router) => router.name === name);
  if (self === undefined) return { ok: false, mistakes: [] };
  const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
  const warnings = inOrder([
    ...warnAboutGroups(view),
    ...warnAboutHeartbeat(view),
    ...warnAboutTransport(view),
    ...secrets.warnings,
  ]);
  return { ok: true, loaded: { config, self, file: path, digest }, warnings };
}

function readText(path: string, readFile: ReadFile) {
  try {
    const { bytes } = readFile(path);
    if (!isUtf8(bytes)) return { failure: 'cannot be read: it is not UTF-8 text' };
    return { bytes, text: new TextDecoder().decode(bytes) };
  } catch (cause) {
    return { failure: `cannot be read: ${describeFileError(cause)}` };
  }
}

function startsWith(path: Path, start: Path): boolean {
  return start.every((part, index) => path[index] === part);
}

/** Every router must find itself in the file. */
function checkSelf(view: ConfigView, name: string, { node }: LoadOptions): Finding[] {
  const routers = Object.keys(view.routers ?? {});
  // An entry with a mistake may be the one, under a name that is the mistake.
  if (routers.some((router) => view.routers?.[router] === undefined)) return [];
  if (routers.length === 0 || routers.includes(name)) return [];
  const who = node === undefined ? `the host name ${quote(name)}` : `--node ${quote(name)}`;
  const meant = didYouMean(name, routers);
  const hint = meant === undefined ? ',' : `, did you mean ${quote(meant)}?`;
  const message = `has no entry for ${who}${hint} allowed: ${routers.join(', ')} (name one with --node)`;
  return [{ path: ['routers'], message, atKey: true }];
}

interface SecretsRead {
  readonly values: Secrets;
  readonly mistakes: readonly Finding[];
  readonly warnings: readonly Finding[];
}

/** Reads every key and password that some group or the common heartbeat uses. */
function readSecrets(view: ConfigView, sources: SecretSources): SecretsRead {
  const mistakes: Finding[] = [];
  const warnings: Finding[] = [];
  function readAll<Secret>(wanted: Iterable<Source>, read: (source: string) => SecretResult<Secret>) {
    const values = new Map<string, Secret>();
    for (const { path, source } of wanted) {
      if (values.has(source)) continue;
      const result = read(source);
      if (!result.ok) mistakes.push({ path, message: result.message });
      else {
        values.set(source, result.secret);
        warnings.push(...result.warnings.map((message) => ({ path, message })));
      }
    }
    return values;
  }
  const keys = readAll(keySourcesOf(view), (source) => readSecret(source, sources));
  const passwords = readAll(passwordSourcesOf(view), (source) => readPassword(source, sources));
  return { values: { keys, passwords }, mistakes, warnings };
}

interface Source {
  readonly path: Path;
  readonly source: string;
}

/** Without keys: `none` and `password`. */
const usesKeys = (mode: string): boolean => mode !== 'none' && mode !== 'password';

function overridesOf(view: ConfigView) {
  return Object.entries(view.groups ?? {}).map(([name, group]) => [name, group?.heartbeat?.auth] as const);
}

function* keySourcesOf(view: ConfigView): Generator<Source> {
  const base = view.heartbeat?.auth;
  const overrides = overridesOf(view);
  const modes = overrides.filter(([, own]) => own?.keys === undefined).map(([, own]) => mergeAuth(base, own).mode);
  if ([mergeAuth(base, undefined).mode, ...modes].some(usesKeys)) {
    for (const [id, source] of Object.entries(base?.keys ?? {})) {
      if (source !== undefined) yield { path: ['heartbeat', 'auth', 'keys', id], source };
    }
  }
  for (const [name, own] of overrides) {
    if (own?.keys === undefined || !usesKeys(mergeAuth(base, own).mode)) continue;
    for (const [id, source] of Object.entries(own.keys)) {
      if (source !== undefined) yield { path: ['groups', name, 'heartbeat', 'auth', 'keys', id], source };
    }
  }
}

function* passwordSourcesOf(view: ConfigView): Generator<Source> {
  const base = view.heartbeat?.auth;
  if (base?.mode === 'password' && base.pass !== undefined) {
    yield { path: ['heartbeat', 'auth', 'pass'], source: base.pass };
  }
  for (const [name, own] of overridesOf(view)) {
    if (own === undefined || mergeAuth(base, own).mode !== 'password') continue;
    if (own.pass !== undefined) yield { path: ['groups', name, 'heartbeat', 'auth', 'pass'], source: own.pass };
    else if (base?.pass !== undefined) yield { path: ['heartbeat', 'auth', 'pass'], source: base.pass };
  }
}
