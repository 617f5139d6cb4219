import { HOST, type ShellCommand, type ShellWord } from './shell-words.ts';

/*
 * Whose commands they are, in a script that is the same on several routers: it compares the host name in an `if` or a
 * `case`. Every other condition is passed over; what stands in its branches belongs to whom the whole belongs to.
 */

/** One `if` or `case` that is open. */
interface Branch {
  /** A `case`: of the host name? An `if` says so in each of its tests. */
  readonly isHostCase: boolean;
  /** Whose branch the present one is. */
  router: string | undefined;
  /** Names that the branches up to here are for. */
  readonly tested: Set<string>;
  /** The present one is for everybody who is not among them. */
  isRest: boolean;
}

export interface Branches {
  /** Has to hear every command in the script's order. */
  follow(command: ShellCommand): void;
  /** The router whose branch this is. */
  router(): string | undefined;
  /** Is this a branch that the given router never enters? */
  isClosedTo(router: string): boolean;
  /** Names that the host name was compared with, in the script's order. */
  routers(): readonly string[];
}

export function createBranches(): Branches {
  const open: Branch[] = [];
  const routers = new Set<string>();

  function enter(branch: Branch, router: string | undefined, isRest = false): void {
    branch.router = router;
    branch.isRest = isRest;
    if (router !== undefined) branch.tested.add(router);
  }

  return {
    follow({ words }) {
      const [first = ''] = words.map(({ text }) => text);
      const compared = comparedWithHost(words);
      if (compared !== undefined) routers.add(compared);
      if (first === 'if' || first === 'case') {
        const isHostCase = first === 'case' && words[1]?.text.includes(HOST) === true;
        open.push({ isHostCase, router: undefined, tested: new Set(), isRest: false });
      }
      const current = open.at(-1);
      if (current === undefined) return;
      if (first === 'if' || first === 'elif') enter(current, compared);
      else if (first === 'else') enter(current, undefined, true);
      else if (first === 'fi' || first === 'esac') open.pop();
      else if (current.isHostCase) {
        const pattern = /^\(?([A-Za-z0-9*][A-Za-z0-9.*-]*)\)$/.exec(first)?.[1];
        if (pattern === '*') enter(current, undefined, true);
        else if (pattern !== undefined) {
          const router = shortName(pattern);
          routers.add(router);
          enter(current, router);
        }
      }
    },
    router: () => open.findLast((branch) => branch.router !== undefined)?.router,
    isClosedTo: (name) =>
      open.some(({ router, tested, isRest }) => (router === undefined ? isRest && tested.has(name) : router !== name)),
    routers: () => [...routers],
  };
}

/** What a test compares the host name with. */
function comparedWithHost(words: readonly ShellWord[]): string | undefined {
  const texts = words.map(({ text }) => text);
  const operator = texts.findIndex((text) => text === '=' || text === '==');
  const sides = [texts[operator - 1], texts[operator + 1]];
  if (operator < 0 || !sides.some((side) => side?.includes(HOST))) return undefined;
  const name = sides.find((side) => side !== undefined && !side.includes(HOST));
  return name !== undefined && /^[A-Za-z0-9][A-Za-z0-9.-]*$/.test(name) ? shortName(name) : undefined;
}

function shortName(host: string): string {
  return host.split('.')[0] ?? host;
}
