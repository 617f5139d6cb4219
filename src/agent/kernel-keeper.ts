import { deviceOf, type LoadedConfig } from '../config/index.ts';
import type { KernelFinding } from '../linux/index.ts';
import type { Log } from '../observe/index.ts';

/** `kernel: report` names the settings that do not suit a router, `enforce` corrects them, each time they are found so. */
export interface KernelKeeper {
  /** Looks again: a device that was created anew has the kernel's defaults. */
  keep(): void;
}

export function createKernelKeeper(options: {
  readonly loaded: () => LoadedConfig;
  readonly check: (devices: readonly string[]) => readonly KernelFinding[];
  /** @returns why it could not be corrected; undefined when it was */
  readonly correct: (finding: KernelFinding) => string | undefined;
  readonly log: Log;
}): KernelKeeper {
  /** What was told of a setting that is still as it was told of. */
  let told = new Set<string>();

  return {
    keep() {
      const { config, self } = options.loaded();
      const names = config.groups.flatMap(({ interfaces }) => interfaces.map(({ name }) => deviceOf(self, name)));
      // Running beside another daemon means to leave the machine as it is.
      const enforces = config.kernel === 'enforce' && config.mode === 'active';
      const found = new Set<string>();
      for (const finding of options.check([...new Set(names)])) {
        const { setting, value, why, remedy } = finding;
        const failure = enforces ? options.correct(finding) : undefined;
        if (enforces && failure === undefined) {
          options.log({ event: 'kernel-corrected', setting, from: value, to: remedy.value });
          continue;
        }
        const key = `${setting} ${value} ${failure}`;
        found.add(key);
        if (!told.has(key)) {
          options.log({
            event: 'kernel-finding',
            setting,
            value,
            detail: why,
            ...(failure !== undefined && { failure }),
          });
        }
      }
      told = found;
    },
  };
}
