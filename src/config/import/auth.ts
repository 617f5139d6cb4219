import type { DraftAuth } from './draft.ts';
import type { Authentication } from './keepalived.ts';
import type { Position, Remarks } from './remark.ts';

const DIRECTORY = '/etc/failoverd';
/** failoverd's `time_window` when none is given, in milliseconds. */
const DEFAULT_WINDOW = 5000;

/** Makes the file with a secret and says how; the secret itself goes nowhere else. `only`: there is one group. */
export function makeAuth(
  auth: Authentication,
  { group, only, preparations }: { readonly group: string; readonly only: boolean; readonly preparations: string[] },
  remarks: Remarks,
): DraftAuth {
  const suffix = only ? '' : `-${group}`;
  const prepare = (...lines: readonly string[]): void => {
    if (!preparations.includes(lines[0] ?? '')) preparations.push(...lines);
  };
  switch (auth.kind) {
    case 'none':
      return { mode: 'none' };
    case 'ah':
      remarks.mistake(
        auth.at,
        'auth_type AH is not spoken by failoverd, allowed: PASS or none; change it in keepalived on every router first',
      );
      return { mode: 'none' };
    case 'password': {
      const file = `${DIRECTORY}/vrrp${suffix}.pass`;
      const { at, isAsWritten } = auth;
      const print = isAsWritten ? printPassword(at) : 'cat';
      const asked = isAsWritten ? '' : ' (type it, then Return and Ctrl-D)';
      prepare(
        `the password behind auth_pass (${at.file}, line ${at.line}) has to be in ${file}${asked}:`,
        `(umask 027; ${print} > ${file}; chgrp failoverd ${file})`,
      );
      return { mode: 'password', pass: `file:${file}` };
    }
    case 'hmac':
      return makeHmac(auth, suffix, prepare, remarks);
  }
}

function makeHmac(
  auth: Extract<Authentication, { kind: 'hmac' }>,
  suffix: string,
  prepare: (...lines: readonly string[]) => void,
  remarks: Remarks,
): DraftAuth {
  const [first] = auth.keys;
  if (first === undefined) remarks.mistake(auth.at, 'auth_hmac has no key');
  const entries = auth.keys.map(({ id, source }) => {
    const file = `${DIRECTORY}/heartbeat${suffix}-${id}.key`;
    const from = source.startsWith('file:') ? `cat ${shellQuote(source.slice('file:'.length))}` : 'cat';
    const asked = from === 'cat' ? ' (paste what stands behind the key id, then Return and Ctrl-D)' : '';
    // Keys are files of hexadecimal digits here; keepalived takes them as text as well.
    const convert = `awk '/^hex:/ { print substr($0, 5); next } { printf "%s", $0 | "od -An -v -tx1 | tr -d \\" \\\\n\\"" }'`;
    prepare(
      `key ${id} of auth_hmac (${auth.at.file}, line ${auth.at.line}) has to be in ${file}, as hexadecimal digits${asked}:`,
      `(umask 027; ${from} | ${convert} > ${file}; chgrp failoverd ${file})`,
    );
    return [id, `file:${file}`] as const;
  });
  const activeKey = auth.activeKey ?? first?.id ?? 1;
  if (!auth.keys.some(({ id }) => id === activeKey)) {
    remarks.mistake(auth.at, `active_key ${activeKey} is not among the keys of auth_hmac`);
  }
  return {
    mode: auth.mode,
    keys: Object.fromEntries(entries),
    activeKey,
    timeWindow: auth.timeWindow === DEFAULT_WINDOW ? undefined : auth.timeWindow,
  };
}

/** A command that prints what stands behind auth_pass, the way `readAuthentication` finds it. */
function printPassword({ file, line }: Position): string {
  return String.raw`sed -n '${line}s/.*auth_pass[ \t]*"*\([^" \t#!}]*\).*/\1/p' ${shellQuote(file)}`;
}

/** One word for a shell. */
export function shellQuote(text: string): string {
  return /^[A-Za-z0-9_./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
