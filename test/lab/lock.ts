import { createServer } from 'node:net';

/** An abstract unix socket: the kernel gives it up when its process ends, however that happens. */
const NAME = '\0failoverd-lab';

export class LabBusyError extends Error {
  override readonly name = 'LabBusyError';
  constructor() {
    super('another lab is running on this machine: wait for it, or take it down with: sudo scripts/lab down');
  }
}

/** The lab's names are fixed, so there is one at a time. Waits up to `patience` ms; throws a LabBusyError. */
export async function lockLab(patience: number): Promise<() => void> {
  const deadline = Date.now() + patience;
  for (;;) {
    const server = createServer((connection) => connection.destroy());
    const held = await new Promise<boolean>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) =>
        error.code === 'EADDRINUSE' ? resolve(false) : reject(error),
      );
      server.listen({ path: NAME }, () => resolve(true));
    });
    if (held) {
      server.unref();
      return () => void server.close();
    }
    if (Date.now() >= deadline) throw new LabBusyError();
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
