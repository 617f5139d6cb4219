/** Entry of the thread that reads the configuration for a reload. Bundled to `config-worker.js` beside the daemon. */
import { parentPort, workerData } from 'node:worker_threads';
import { type ConfigQuery, readConfig } from './config-reader.ts';

parentPort?.postMessage(readConfig(workerData as ConfigQuery));
