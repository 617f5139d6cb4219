import type {
  DoctorReport,
  EventReport,
  FailbackRequest,
  FailoverRequest,
  FreezeReport,
  FreezeRequest,
  HistoryReport,
  ReloadReport,
  StandbyReport,
  StandbyRequest,
  StatusReport,
  SwitchoverReport,
  VerifyReport,
} from './api.ts';

/**
 * What the daemon does for the control socket. A handler answers, or throws a `ControlError` whose message an admin
 * reads (`refused` with the reason, `not-found` for a group or router that is not configured, `not-served` …). Anything
 * else it throws is reported as `internal`. The signal aborts when the request's deadline passes or its client leaves.
 */
export interface ControlHandlers {
  status(signal: AbortSignal): Promise<StatusReport>;
  history(request: { readonly limit?: number }, signal: AbortSignal): Promise<HistoryReport>;
  failover(request: FailoverRequest, signal: AbortSignal): Promise<SwitchoverReport>;
  failback(request: FailbackRequest, signal: AbortSignal): Promise<SwitchoverReport>;
  freeze(request: FreezeRequest, signal: AbortSignal): Promise<FreezeReport>;
  standby(request: StandbyRequest, signal: AbortSignal): Promise<StandbyReport>;
  verify(signal: AbortSignal): Promise<VerifyReport>;
  reload(signal: AbortSignal): Promise<ReloadReport>;
  /** Tells every event from now on until the signal aborts, the current alarms at once. */
  follow(tell: (event: EventReport) => void, signal: AbortSignal): void;
  doctor(signal: AbortSignal): Promise<DoctorReport>;
}
