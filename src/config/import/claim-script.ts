import { parseHostAddress } from '../address.ts';
import { quote } from '../mistake.ts';
import type { Position, Remarks } from './remark.ts';
import { createBranches } from './shell-branches.ts';
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
/** Commands that say or test something: what their words hold is not run. */
const WORDS_ONLY = new Set(['echo', 'printf', 'logger', '[', '[[', 'test', ':', 'true']);
/** The command that moves a VIP, and what is wanted of it. */
const VERB = 'assign-private-ip';
const ALLOWED =
  'allowed: an IP address, or a variable that the script sets to one; a copy of the script will do in which each VIP has a line of its own';
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
  'while',
  'until',
  'exec',
]);
const CLOSERS = new Set(['fi', 'done', 'esac', '}', ')', 'for', 'while', 'until', 'case', 'function']);

/** Reads a script. `host`, when known, is the router that runs it. */
export function readClaimScript(file: string, text: string, host: string | undefined, remarks: Remarks): ClaimScript {
  const values = new Map<string, string>();
  const claims: Claim[] = [];
  const others: { at: Position; text: string }[] = [];
  const branches = createBranches();
  // What a function of the script's own does is looked at where it is defined.
  const idle = new Set(IDLE);
  for (const [, name = ''] of text.matchAll(/^[ \t]*(?:function[ \t]+)?([A-Za-z_]\w*)[ \t]*\(\)/gm)) idle.add(name);
  let comments: string[] = [];
  const isForeign = (): boolean => host !== undefined && branches.isClosedTo(host);
  // What the branch of another router assigns is not this one's.
  let own: ReadonlyMap<string, string> | undefined;

  for (const { commands, comment } of readShell(unwrapSed(text), values)) {
    for (const command of commands.flatMap((each) => [each, ...commandsInside(each, values)])) {
      branches.follow(command);
      const at: Position = { file, line: command.line, column: command.column };
      const words = withoutPrefixes(command.words);
      const verb = words[0]?.text.split('/').at(-1) ?? '';
      const oci = WORDS_ONLY.has(verb) ? -1 : words.findIndex(({ text: word }) => /^\(*([^ ]*\/)?oci$/.test(word));
      if (oci >= 0) {
        const hints = [...comments, comment];
        const claim = readClaim(words.slice(oci), at, { router: branches.router(), hints }, remarks);
        if (claim !== undefined && !isForeign()) claims.push(claim);
      } else if (commandsInside(command, values).length > 0) {
        // They come next.
      } else if (!WORDS_ONLY.has(verb) && words.some(({ text: word }) => word.includes(VERB))) {
        const hidden = quote(words.map(({ text: word }) => word).join(' '));
        remarks.mistake(at, `which VIP is it? ${hidden} is not read, ${ALLOWED}`);
      } else if (verb !== '' && !idle.has(verb) && !CLOSERS.has(verb) && !/\)$/.test(verb)) {
        others.push({ at, text: words.map((word) => word.text.replaceAll(HOST, '$(hostname)')).join(' ') });
      }
    }
    if (isForeign() && own !== undefined) restore(values, own);
    own = isForeign() ? new Map(values) : undefined;
    // Comments count up to an empty line.
    if (commands.length > 0 || comment === '') comments = [];
    else comments.push(comment);
  }
  return { claims, others, routers: branches.routers() };
}

/** Claims in the text of `$(…)`, or in a word that somebody else runs: `bash -c '…'`. */
function commandsInside(command: ShellCommand, values: Map<string, string>): readonly ShellCommand[] {
  const words = withoutPrefixes(command.words).map(({ text }) => text);
  const isSaid = WORDS_ONLY.has(words[0]?.split('/').at(-1) ?? '');
  const texts = [
    ...command.inside,
    ...(isSaid ? [] : words.filter((word) => / .* /.test(word) && !word.startsWith('$'))),
  ];
  const { line, column } = command;
  return texts
    .filter((text) => text.includes(VERB))
    .flatMap((text) => [...readShell(text, values)].flatMap(({ commands }) => commands))
    .map((each) => ({ ...each, line, column }));
}

function restore(values: Map<string, string>, former: ReadonlyMap<string, string>): void {
  values.clear();
  for (const [name, value] of former) values.set(name, value);
}

function withoutPrefixes(words: readonly ShellWord[]): readonly ShellWord[] {
  // In a test nothing is run; a pattern of a `case` may share its line with a command.
  if (/^(if|elif|while|until)$/.test(words[0]?.text ?? '') && /^\[/.test(words[1]?.text ?? '')) return words.slice(1);
  const start = words.findIndex(
    ({ text }) => !PREFIXES.has(text) && !/^\(?["']?[A-Za-z0-9.*-]+\)$|^\w+\(\)$/.test(text),
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
    if (/ network private-ip update .*--vnic-id/.test(plain)) {
      const message = `${quote(plain)} moves a private IP by its OCID, which is not looked up: write its address into the vips of its interface`;
      remarks.todo(at, message);
    } else if (changes)
      remarks.todo(at, `${quote(plain)} is left out: failoverd moves existing private IPs and nothing else`);
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
  // The end of a subshell.
  const address = ip?.known === true ? parseHostAddress(ip.text.replace(/\)+$/, ''))?.text : undefined;
  if (ip === undefined || address === undefined) {
    const found = ip === undefined ? 'there is no --ip-address' : `--ip-address is ${quote(ip.text)}`;
    remarks.mistake(at, `which VIP is it? ${found}, ${ALLOWED}`);
    return undefined;
  }
  const variables = [...(vnic?.variables ?? []), ...ip.variables];
  return {
    at,
    address,
    vnic: vnic?.known === true ? vnic.text.replace(/\)+$/, '') : '',
    router,
    hints: [...variables, ...hints.flatMap((hint) => hint.split(/[^A-Za-z0-9_-]+/))],
  };
}

/** Takes `sed -i 'NUMBERi\TEXT\' FILE` for TEXT: an agent may be at hand as the commands that patched it only. */
function unwrapSed(text: string): string {
  return text.replaceAll(/^[ \t]*sed -i '\d+i\\(.*?)\\?'(?:[ \t]+\S+)?[ \t]*$/gm, '$1');
}
