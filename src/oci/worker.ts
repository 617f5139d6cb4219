/** Entry of the OCI worker thread: the only place that loads the SDK. Bundled to `oci-worker.js` beside the daemon. */
import { parentPort, workerData } from 'node:worker_threads';
import type { CallMessage, WorkerMessage } from './protocol.ts';
import { createService } from './service.ts';
import type { OciOptions } from './types.ts';

// The SDK writes every failure to the console; here each becomes an answer.
console.warn = () => undefined;

const port = parentPort;
if (port) {
  const post = (message: WorkerMessage) => port.postMessage(message);
  const service = createService(workerData as OciOptions, {
    onStatus: (status) => post({ kind: 'status', status }),
    onExchange: (exchange) => post({ kind: 'exchange', exchange }),
  });
  port.on('message', (message: CallMessage) => {
    void service.answer(message).then((answer) => post({ kind: 'answer', number: message.number, answer }));
  });
}
