import { parseHostAddress } from '../address.ts';
import { quote } from '../mistake.ts';
import type { Position, Remarks } from './remark.ts';
import { HOST, readShell, type ShellCommand, type ShellWord } from './shell-words.ts';

/*
 * The scripts that move VIPs with the OCI CLI: a notify script of keepalived, or Pacemaker's resource agent IPaddr2 with
 * commands put into it. Wanted are the lines `oci network vnic assign-private-ip`, in whatever order their options come.
 */

/** One VIP that a script moves to one VNIC. */
export interface Claim {
  readonly at: Position;
  readonly address: string;
  /** OCID, or the part of it that the script has. */
  readonly vnic: string;
  /** Whose branch of `if [ $(hostname) = … ]` it stands in. */
  readonly router: string | undefined;
  /** Names that may say more: of the variables used, and words of the comments around. */
  readonly hints: readonly string[];
}

export interface ClaimScript {
  readonly claims: readonly Claim[];
  /** Commands that do something else, in their words. */
  readonly others: readonly { readonly at: Position; readonly text: string }[];
  /** Names that a host name is compared with, in the script's order. */
  readonly routers: readonly string[];
}

/** Commands that change nothing outside of the script. */
const IDLE = new Set(
  [
    'echo',
    'printf',
    'logger',
    'sleep',
    'date',
    'exit',
    'return',
    'set',
    'true',
    ':',
    'wait',
    'trap',
    'shift',
    'cd',
  ].concat(['[', '[[', 'test', 'export', 'hostname', 'umask', 'break', 'local', 'readonly', 'exec']),
);
/** Words that may stand before a command. */
const PREFIXES = new Set([
  'then',
  'else',
  'do',
  '{',
  '(',
  '!',
  'time',
  'sudo',
  'nohup',
  'command',
  'env',
  'if',
  'elif',
]);
const CLOSERS = new Set(['fi', 'done', 'esac', '}', ')', 'for', 'while', 'until', 'case', 'function']);

interface Branch {
  router: string | undefined;
}

/** Reads a script. `host`, when known, is the router that runs it. */
export function readClaimScript(file: string, text: string, host: string | undefined, remarks: Remarks): ClaimScript {
  const values = new Map<string, string>();
  const claims: Claim[] = [];
  const others: { at: Position; text: string }[] = [];
  const routers = new Set<string>();
  const branches: Branch[] = [];
  // What a function of the script's own does is looked at where it is defined.
  const idle = new Set(IDLE);
  for (const [, name = ''] of text.matchAll(/^[ \t]*(?:function[ \t]+)?([A-Za-z_]\w*)[ \t]*\(\)/gm)) idle.add(name);
  let comments: string[] = [];

  for (const { commands, comment } of readShell(unwrapSed(text), values)) {
    if (commands.length === 0) {
      // Comments count up to an empty line.
      comments = comment === '' ? [] : [...comments, comment];
      continue;
    }
    for (const command of commands) {
      const at: Position = { file, line: command.line, column: command.column };
      follow(command, branches, routers);
      const words = withoutPrefixes(command.words);
      const verb = words[0]?.text.split('/').at(-1) ?? '';
      if (verb === 'oci') {
        const router = branches.findLast((branch) => branch.router !== undefined)?.router;
        const hints = [...comments, comment];
        const claim = readClaim(words, at, { router, hints }, remarks);
        if (claim !== undefined && (host === undefined || router === undefined || router === host)) claims.push(claim);
      } else if (verb !== '' && !idle.has(verb) && !CLOSERS.has(verb) && !/\)$/.test(verb)) {
        others.push({ at, text: words.map((word) => word.text.replaceAll(HOST, '$(hostname)')).join(' ') });
      }
    }
    comments = [];
  }
  return { claims, others, routers: [...routers] };
}

/** Keeps track of the branch: `if [ $server = "vrouter1" ]`, `elif …`, `else`, `fi`, and the patterns of a `case`. */
function follow({ words }: ShellCommand, branches: Branch[], routers: Set<string>): void {
  const [first = ''] = words.map(({ text }) => text);
  const compared = comparedWithHost(words);
  if (compared !== undefined) routers.add(compared);
  if (first === 'if') branches.push({ router: compared });
  else if (first === 'fi' || first === 'esac') branches.pop();
  else if (first === 'case') branches.push({ router: undefined });
  const current = branches.at(-1);
  if (current === undefined) return;
  if (first === 'elif') current.router = compared;
  else if (first === 'else') current.router = undefined;
  const pattern = /^\(?["']?([A-Za-z0-9-]+)\)$/.exec(first)?.[1];
  if (pattern !== undefined) {
    current.router = pattern;
    routers.add(pattern);
  }
}

/** What a test compares the host name with. */
function comparedWithHost(words: readonly ShellWord[]): string | undefined {
  const texts = words.map(({ text }) => text);
  const operator = texts.findIndex((text) => text === '=' || text === '==');
  const sides = [texts[operator - 1], texts[operator + 1]];
  if (operator < 0 || !sides.some((side) => side?.includes(HOST))) return undefined;
  const name = sides.find((side) => side !== undefined && !side.includes(HOST));
  return name !== undefined && /^[A-Za-z0-9][A-Za-z0-9.-]*$/.test(name) ? name.split('.')[0] : undefined;
}

function withoutPrefixes(words: readonly ShellWord[]): readonly ShellWord[] {
  // In a test nothing is run; a pattern of a `case` may share its line with a command.
  if (/^(if|elif|while|until)$/.test(words[0]?.text ?? '') && /^\[/.test(words[1]?.text ?? '')) return words.slice(1);
  const start = words.findIndex(
    ({ text }) => !PREFIXES.has(text) && !/^\(?["']?[A-Za-z0-9*-]+\)$|^\w+\(\)$/.test(text),
  );
  return start < 0 ? [] : words.slice(start);
}

function readClaim(
  words: readonly ShellWord[],
  at: Position,
  { router, hints }: Pick<Claim, 'router' | 'hints'>,
  remarks: Remarks,
): Claim | undefined {
  const plain = words.map(({ text }) => text).join(' ');
  if (!/ network vnic assign-private-ip( |$)/.test(plain)) {
    const changes = /\b(network (vnic unassign|private-ip|ipv6)|vnic assign)/.test(plain);
    if (changes) remarks.todo(at, `${quote(plain)} is left out: failoverd moves existing private IPs and nothing else`);
    return undefined;
  }
  const option = (name: string): ShellWord | undefined => {
    const index = words.findIndex(({ text }) => text === name || text.startsWith(`${name}=`));
    const word = words[index];
    if (word === undefined) return undefined;
    return word.text === name ? words[index + 1] : { ...word, text: word.text.slice(name.length + 1) };
  };
  const vnic = option('--vnic-id');
  const ip = option('--ip-address');
  const address = ip?.known === true ? parseHostAddress(ip.text)?.text : undefined;
  if (ip === undefined || address === undefined) {
    const found = ip === undefined ? 'there is no --ip-address' : `--ip-address is ${quote(ip.text)}`;
    remarks.mistake(at, `which VIP is it? ${found}, allowed: an IP address, or a variable that the script sets to one`);
    return undefined;
  }
  const variables = [...(vnic?.variables ?? []), ...ip.variables];
  return {
    at,
    address,
    vnic: vnic?.known === true ? vnic.text : '',
    router,
    hints: [...variables, ...hints.flatMap((hint) => hint.split(/[^A-Za-z0-9_-]+/))],
  };
}

/** Takes `sed -i 'NUMBERi\TEXT\' FILE` for TEXT: an agent may be at hand as the commands that patched it only. */
function unwrapSed(text: string): string {
  return text.replaceAll(/^[ \t]*sed -i '\d+i\\(.*?)\\?'(?:[ \t]+\S+)?[ \t]*$/gm, '$1');
}
