/**
 * Namespaces of a command's own, so that what carries fixed names can run several times at once: labs, and the end-to-end
 * tests. It has no link but lo, no process but its own, and what it writes to /run, /etc and /var/lib nobody else sees.
 * The kernel takes everything away with it: processes, network namespaces, mounts, however it ends.
 */

/** As process 1, a shell: it buries the orphans, which Node would not. */
const SCRIPT = `
  mount -t proc proc /proc
  cover() { mount -t overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" overlay "$1"; }
  mount -t tmpfs tmpfs /run
  mkdir -p /run/netns /run/apart/etc/upper /run/apart/etc/work /run/apart/lib/upper /run/apart/lib/work
  # In a container it is a mount of its own, which the overlay would hide.
  cp /etc/hosts /run/apart/etc/upper
  cover /etc /run/apart/etc
  cover /var/lib /run/apart/lib
  ip link set lo up
  "$@"
  exit $?`;

/** The command that runs `command` apart, as root. Its standard streams and open files are the caller's, with whom it ends. */
export function apart(command: readonly string[]): [program: string, ...args: string[]] {
  const namespaces = ['--net', '--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child=KILL'];
  return ['setpriv', '--pdeathsig', 'KILL', 'unshare', ...namespaces, '--', 'sh', '-ec', SCRIPT, 'sh', ...command];
}
