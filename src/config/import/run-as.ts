import type { Placed, Position, Remarks } from './remark.ts';

/** As the package makes it. */
const DAEMON = 'failoverd';

/**
 * Says that a command changes its user. keepalived runs one without a user as `keepalived_script` where there is such a
 * user, and as root otherwise: what only root may do fails from now on.
 */
export function sayUser(
  what: 'hooks' | 'trackers',
  user: Placed<string> | undefined,
  at: Position,
  remarks: Remarks,
): void {
  if (user?.value === DAEMON) return;
  const before = user?.value ?? 'root or keepalived_script';
  const message = `${what} run as the user of the daemon, not as ${before}: try each as that user; it cannot become root, so what needs root has to be a unit of systemd that polkit lets it start`;
  remarks.todo(user?.at ?? at, message);
}
