import { dirname } from 'node:path';
import { deviceOf } from '../../config/index.ts';
import type { DoctorReport } from '../../control/api.ts';
import { checkKernelSettings, type LinkWatcher, type Notifier } from '../../linux/index.ts';
import type { OciInspector } from '../../oci/inspection.ts';
import type { Oci, OciVnics } from '../../oci/types.ts';
import { systemClock } from '../clock.ts';
import type { Examination } from '../router-types.ts';
import { createDoctor } from './doctor.ts';
import { isWritable, lookAtSocket, readConfigOnDisk } from './gather.ts';
import type { SystemFindings } from './system.ts';
import { watchWrites } from './writes.ts';

type Client = Oci & OciVnics & OciInspector;

/** The doctor of a daemon that runs. */
export interface DaemonDoctor {
  /** Takes the OCI side, and gives it back with somebody who looks on at its writes. */
  watch(client: Client): Client;
  examine(): Promise<DoctorReport>;
}

export function createDaemonDoctor(options: {
  readonly examine: () => Examination;
  /** `--node`, if it was given. */
  readonly node: string | undefined;
  readonly links: Pick<LinkWatcher, 'links' | 'addresses'>;
  readonly notifier: Notifier;
  readonly stateFile: string;
  readonly metricsListen: () => boolean;
}): DaemonDoctor {
  const { links, notifier } = options;
  let doctor: (() => Promise<DoctorReport>) | undefined;

  async function system(): Promise<Omit<SystemFindings, 'config' | 'self' | 'masterOf'>> {
    const { config, self } = options.examine().loaded;
    const names = config.groups.flatMap(({ interfaces }) => interfaces.map(({ name }) => deviceOf(self, name)));
    return {
      kernel: checkKernelSettings({ devices: [...new Set(names)] }),
      links: links.links(),
      addresses: links.addresses(),
      // One sign of life more: does it arrive?
      notified: notifier.watchdog(),
      watchdogInterval: notifier.watchdogInterval,
      socket: await lookAtSocket(config.control.socket),
      metricsListen: options.metricsListen(),
      stateWritable: await isWritable(dirname(options.stateFile)),
    };
  }

  return {
    watch(client) {
      const watched = watchWrites(client, systemClock.wall);
      doctor = createDoctor({
        examine: options.examine,
        onDisk: () => {
          const program = [process.execPath, process.argv[1] ?? ''];
          const as = options.node === undefined ? [] : ['--node', options.node];
          return readConfigOnDisk([...program, ...as], options.examine().loaded.file);
        },
        oci: client,
        writes: watched.writes,
        system,
        now: systemClock.now,
        wall: systemClock.wall,
      });
      return watched.client;
    },
    examine: async () => {
      if (doctor === undefined) throw new Error('the doctor was asked before the OCI side was there');
      return doctor();
    },
  };
}
