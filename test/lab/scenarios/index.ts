/** The scenarios, in the order in which they are shown. */
import type { Scenario } from '../scenario.ts';
import { apiOutage } from './api-outage.ts';
import { apiTrouble, lostAnswer } from './api-trouble.ts';
import { carrierLost } from './carrier-lost.ts';
import { crash } from './crash.ts';
import { crowded } from './crowded.ts';
import { doctor } from './doctor.ts';
import { samePriority, strays } from './equals.ts';
import { forged } from './forged.ts';
import { frozen } from './frozen.ts';
import { hooks } from './hooks.ts';
import { keys } from './keys.ts';
import { lateClaim } from './late-claim.ts';
import { linkDownEns3, linkDownEns5, linkDownEns6 } from './link-down.ts';
import { machineDeath } from './machine-death.ts';
import { maintenance } from './maintenance.ts';
import { metadataAbsent } from './metadata-absent.ts';
import { observe } from './observe.ts';
import { olderPresence } from './older-presence.ts';
import { oneWay } from './one-way.ts';
import { partition } from './partition.ts';
import { planned } from './planned.ts';
import { recreated } from './recreated.ts';
import { reload } from './reload.ts';
import { stop } from './stop.ts';
import { sync } from './sync.ts';
import { throttled } from './throttled.ts';
import { tokenExpiry } from './token-expiry.ts';
import { trackers } from './trackers.ts';
import { wallClock } from './wall-clock.ts';

export const SCENARIOS: readonly Scenario[] = [
  crash,
  machineDeath,
  stop,
  linkDownEns3,
  linkDownEns5,
  linkDownEns6,
  carrierLost,
  planned,
  apiTrouble,
  lostAnswer,
  metadataAbsent,
  partition,
  frozen,
  forged,
  recreated,
  wallClock,
  tokenExpiry,
  samePriority,
  strays,
  olderPresence,
  reload,
  maintenance,
  doctor,
  trackers,
  hooks,
  crowded,
  observe,
  keys,
  lateClaim,
  oneWay,
  apiOutage,
  throttled,
  sync,
];
