import { quote } from '../mistake.ts';
import type { Block } from './conf-tree.ts';
import type { Authentication } from './keepalived.ts';
import type { Remarks } from './remark.ts';
import { wholeNumber } from './values.ts';

/* The two kinds of authentication. No remark holds a password or a key. */

/** RFC 2338 has 8 bytes for it, and keepalived cuts what is longer. */
const PASSWORD_BYTES = 8;
/** Seconds. */
const DEFAULT_WINDOW = 5;

/** `authentication { auth_type PASS|AH; auth_pass … }`; undefined when it says nothing. */
export function readAuthentication(block: Block, remarks: Remarks): Authentication | undefined {
  const part = (keyword: string): Block | undefined => block.block?.filter((entry) => entry.keyword === keyword).at(-1);
  for (const { keyword, at } of block.block ?? []) {
    if (keyword === 'auth_type' || keyword === 'auth_pass') continue;
    remarks.mistake(at, `${quote(keyword)} does not belong here, allowed: auth_type, auth_pass`);
  }
  const type = part('auth_type');
  const password = part('auth_pass');
  if (type === undefined) return undefined;
  const kind = type.words[1] ?? '';
  if (kind === 'AH') return { kind: 'ah', at: type.at };
  if (kind !== 'PASS') {
    remarks.mistake(type.at, `auth_type is ${quote(kind)}, allowed: PASS, AH`);
    return undefined;
  }
  const text = password?.words[1];
  if (password === undefined || text === undefined || text === '') {
    remarks.mistake(password?.at ?? type.at, 'auth_pass has no value');
    return undefined;
  }
  if (Buffer.byteLength(text) > PASSWORD_BYTES) {
    remarks.note(password.at, `auth_pass: only its first ${PASSWORD_BYTES} bytes are sent, by keepalived as well`);
  }
  return {
    kind: 'password',
    at: password.at,
    password: Buffer.from(text).subarray(0, PASSWORD_BYTES).toString(),
    isAsWritten:
      /^[^\s"\\$#!}]+$/.test(text) &&
      password.line.columns.every((column, index, all) => column === (all[0] ?? 0) + index),
  };
}

/**
 * keepalived 2.4: `auth_hmac { key ID hex:…|file:…|TEXT; active_key ID; time_window S; mode …; anti_replay … }`. Its window
 * is three intervals (milliseconds) or 5 s, whatever is longer.
 */
export function readAuthHmac(block: Block, interval: number, remarks: Remarks): Authentication {
  const keys: { id: number; source: string }[] = [];
  let activeKey: number | undefined;
  let timeWindow = Math.max(DEFAULT_WINDOW, Math.ceil((3 * interval) / 1000));
  let mode: 'enforce' | 'permissive' = 'enforce';
  for (const part of block.block ?? []) {
    const [keyword = '', first = '', second] = part.words;
    if (keyword === 'key') {
      const id = wholeNumber(part, 1, 255, remarks)?.value;
      if (id !== undefined && second !== undefined) keys.push({ id, source: second });
      else if (second === undefined) remarks.mistake(part.at, 'key has no value');
    } else if (keyword === 'active_key') activeKey = wholeNumber(part, 1, 255, remarks)?.value;
    else if (keyword === 'time_window') timeWindow = wholeNumber(part, 1, 300, remarks)?.value ?? timeWindow;
    else if (keyword === 'mode') {
      if (first === 'enforce' || first === 'permissive') mode = first;
      else remarks.mistake(part.at, `mode is ${quote(first)}, allowed: enforce, permissive`);
    } else if (keyword === 'anti_replay') {
      if (first !== 'time')
        remarks.note(part.at, 'anti_replay: failoverd always rejects what is old or was seen before');
    } else
      remarks.todo(part.at, `${quote(keyword)} is no keyword of auth_hmac that this release knows: it is left out`);
  }
  return {
    kind: 'hmac',
    at: block.at,
    keys,
    activeKey,
    mode,
    timeWindow: timeWindow * 1000,
  };
}
