import { didYouMean, quote } from '../mistake.ts';
import type { Block } from './conf-tree.ts';
import type { Remarks } from './remark.ts';

/*
 * Every keyword of keepalived.conf that the import does not turn into configuration, and what to say about it: `note`
 * when nothing has to be done, `todo` when somebody has to. Up to keepalived 2.4.
 */

type Fate = readonly ['read'] | readonly ['note' | 'todo', string];
export type Vocabulary = Readonly<Record<string, Fate>>;

const words = (fate: Fate, ...keywords: readonly string[]): Vocabulary =>
  Object.fromEntries(keywords.map((keyword) => [keyword, fate]));
const read = (...keywords: readonly string[]) => words(['read'], ...keywords);
const note = (message: string, ...keywords: readonly string[]) => words(['note', message], ...keywords);
const todo = (message: string, ...keywords: readonly string[]) => words(['todo', message], ...keywords);

const GARP = 'failoverd sends no gratuitous ARP: OCI delivers to the VNIC that holds the VIP';
const MAIL = 'failoverd sends no mail: take the alerts of docs/alerts.rules.yml into your monitoring';
const LVS = 'failoverd balances no load: leave virtual servers to a keepalived that is started with --check';
const PROCESS = 'how the daemon runs is set in its unit, docs/operation.md';
const BUILT_IN = 'this is how failoverd works always';
const SNMP = 'failoverd serves Prometheus metrics, no SNMP and no D-Bus: point your monitoring at metrics.listen';
const FIFO = 'failoverd writes no notify FIFO: use hooks, or GET /v1/events at the control socket';
const FIREWALL = 'failoverd filters nothing: VIPs that must not be reached are a rule of your firewall';
const BFD = 'failoverd speaks no BFD: a short heartbeat.interval notices a dead path as fast';
const TRACKED_FILES =
  'there is no equivalent: write a tracker whose command tests the file and exits with 0 while all is well';
const TRACKED_PROCESSES =
  'there is no equivalent: write a tracker with command: [/usr/bin/pgrep, -x, NAME], or let systemd restart the process';
const VMAC = 'OCI knows no virtual MAC addresses: the VIPs are on the interfaces themselves';
const OS = 'there is no equivalent: let the operating system configure it, equal on every router';

const BLOCKS_OF_LVS = ['virtual_server', 'virtual_server_group', 'real_server', 'SSL', 'ssl', 'checkers'];

export const TOP: Vocabulary = {
  ...read('global_defs', 'vrrp_instance', 'vrrp_sync_group', 'vrrp_script', 'static_routes'),
  ...todo(LVS, ...BLOCKS_OF_LVS),
  ...todo(BFD, 'bfd_instance'),
  ...todo(TRACKED_FILES, 'track_file', 'vrrp_track_file'),
  ...todo(TRACKED_PROCESSES, 'vrrp_track_process', 'track_process'),
  ...todo(OS, 'static_ipaddress', 'static_rules'),
  ...note(GARP, 'garp_group'),
  ...note('links are followed by netlink', 'linkbeat_interfaces', 'linkbeat_use_polling'),
  ...note('a link that flaps is damped by failoverd itself', 'interface_up_down_delays'),
  ...note('addresses, routes and rules are grouped by failoverd itself', 'track_group'),
  ...note('every include must be there for the import', 'include_check'),
  ...todo('a drop-in for failoverd.service with NetworkNamespacePath= is the equivalent', 'net_namespace'),
  ...note(PROCESS, 'instance', 'use_pid_dir', 'child_wait_time', 'namespace_with_ipsets'),
  ...todo(LVS, 'net_namespace_ipvs'),
};

export const GLOBALS: Vocabulary = {
  ...read('vrrp_version', 'vrrp_startup_delay', 'script_user'),
  ...note('routers are named by their short host names', 'router_id'),
  ...todo(MAIL, 'notification_email', 'notification_email_from', 'smtp_server', 'smtp_helo_name', 'smtp_alert'),
  ...todo(MAIL, 'smtp_connect_timeout', 'smtp_alert_vrrp', 'smtp_alert_checker', 'email_faults', 'smtp_alert_file'),
  ...note('failoverd sends no mail', 'no_email_faults', 'no_checker_emails'),
  ...note('hooks and trackers run as argument lists, without a shell', 'enable_script_security'),
  ...note('failoverd speaks unicast only', 'vrrp_mcast_group4', 'vrrp_mcast_group6', 'disable_local_igmp'),
  ...note('every interface is named in the configuration', 'default_interface'),
  ...note(BUILT_IN, 'vrrp_check_unicast_src', 'dynamic_interfaces', 'log_unknown_vrids', 'vrrp_owner_ignore_adverts'),
  ...note('any address list of a peer is accepted', 'vrrp_skip_check_adv_addr'),
  ...note('conflicts are resolved by the ownership rules', 'vrrp_higher_prio_send_advert'),
  ...note('conflicts are resolved by the ownership rules', 'vrrp_lower_prio_no_advert'),
  ...note('only what the RFCs allow is accepted', 'vrrp_strict', 'allow_if_changes'),
  ...todo(
    'failoverd waits for three adverts, always: lengthen heartbeat.interval when that is too short',
    'vrrp_down_timer_adverts',
  ),
  ...note(
    GARP,
    ...['vrrp_garp_master_delay', 'vrrp_garp_master_repeat', 'vrrp_garp_lower_prio_delay', 'vrrp_garp_interval'],
    ...['vrrp_garp_lower_prio_repeat', 'vrrp_garp_master_refresh', 'vrrp_garp_master_refresh_repeat', 'vrrp_min_garp'],
    ...['vrrp_gna_interval', 'vrrp_garp_extra_if'],
  ),
  ...note(FIREWALL, 'vrrp_iptables', 'vrrp_ipsets', 'iptables', 'nftables', 'nftables_priority', 'nftables_counters'),
  ...note(FIREWALL, 'nftables_ifindex'),
  ...note(
    PROCESS,
    ...['process_names', 'process_name', 'vrrp_process_name', 'checker_process_name', 'bfd_process_name', 'umask'],
    ...['vrrp_priority', 'vrrp_no_swap', 'vrrp_rt_priority', 'vrrp_cpu_affinity', 'vrrp_rlimit_rttime'],
    ...['checker_priority', 'checker_no_swap', 'checker_rt_priority', 'checker_cpu_affinity'],
    ...['checker_rlimit_rttime', 'bfd_priority', 'bfd_no_swap', 'bfd_rt_priority', 'bfd_cpu_affinity'],
    ...['bfd_rlimit_rttime', 'max_auto_priority', 'min_auto_priority_delay', 'config_save_dir'],
    ...['tmp_config_directory', 'reload_check_config', 'reload_time_file', 'reload_repeat', 'reload_file'],
    ...['random_seed', 'data_use_instance', 'json_version', 'state_dump_file', 'stats_dump_file', 'json_dump_file'],
    ...['vrrp_netlink_cmd_rcv_bufs', 'vrrp_netlink_cmd_rcv_bufs_force', 'vrrp_netlink_monitor_rcv_bufs'],
    ...['vrrp_netlink_monitor_rcv_bufs_force', 'process_monitor_rcv_bufs', 'process_monitor_rcv_bufs_force'],
    ...['vrrp_rx_bufs_policy', 'vrrp_rx_bufs_multiplier', 'use_symlink_paths', 'script_security'],
  ),
  ...todo(LVS, 'lvs_sync_daemon', 'lvs_timeouts', 'lvs_flush', 'lvs_flush_on_stop', 'lvs_flush_onstop'),
  ...todo(LVS, 'lvs_netlink_cmd_rcv_bufs', 'lvs_netlink_cmd_rcv_bufs_force', 'lvs_netlink_monitor_rcv_bufs'),
  ...todo(LVS, 'lvs_netlink_monitor_rcv_bufs_force', 'checker_log_all_failures', 'rs_init_notifies'),
  ...todo(LVS, 'nftables_ipvs', 'nftables_ipvs_priority', 'nftables_ipvs_start_fwmark', 'lvs_use_ipset'),
  ...todo(FIFO, 'notify_fifo', 'notify_fifo_script', 'vrrp_notify_fifo', 'vrrp_notify_fifo_script'),
  ...todo(FIFO, 'lvs_notify_fifo', 'lvs_notify_fifo_script', 'fifo_write_vrrp_states_on_reload'),
  ...note('priorities are in the metrics', 'vrrp_notify_priority_changes'),
  ...todo(SNMP, 'enable_traps', 'enable_snmp_vrrp', 'enable_snmp_checker', 'enable_snmp_rfc', 'enable_snmp_rfcv2'),
  ...todo(SNMP, 'enable_snmp_rfcv3', 'enable_snmp_keepalived', 'snmp_socket', 'enable_dbus', 'dbus_service_name'),
  ...todo(
    'there is no equivalent: a drop-in for failoverd.service with ExecStartPre= or ExecStopPost= runs it',
    ...['startup_script', 'shutdown_script', 'startup_script_timeout', 'shutdown_script_timeout'],
  ),
  ...note(VMAC, 'vmac_prefix', 'vmac_addr_prefix'),
};

export const INSTANCE: Vocabulary = {
  ...read(
    'state',
    'interface',
    'virtual_router_id',
    'priority',
    'advert_int',
    'version',
    'unicast_src_ip',
    'mcast_src_ip',
  ),
  ...read('unicast_peer', 'unicast_ttl', 'authentication', 'auth_hmac', 'nopreempt', 'preempt', 'preempt_delay'),
  ...read('track_interface', 'track_script', 'virtual_ipaddress', 'virtual_ipaddress_excluded', 'virtual_routes'),
  ...read('notify', 'notify_master', 'notify_backup', 'notify_fault', 'notify_stop', 'notify_master_rx_lower_pri'),
  ...note(GARP, 'garp_master_delay', 'garp_master_repeat', 'garp_lower_prio_delay', 'garp_lower_prio_repeat'),
  ...note(GARP, 'garp_master_refresh', 'garp_master_refresh_repeat', 'garp_extra_if', 'garp_group', 'garp_interval'),
  ...note(GARP, 'gna_interval', 'garp_extra_if_vmac'),
  ...todo(MAIL, 'smtp_alert'),
  ...todo('every interface of a group is tracked, this one too: it cannot be left out', 'dont_track_primary'),
  ...todo(VMAC, 'use_vmac', 'use_vmac_addr', 'use_ipvlan', 'vmac_xmit_base'),
  ...todo('there is no equivalent: the heartbeat is bound to the address and device of its path', 'vrf'),
  ...todo('failoverd speaks unicast only: give keepalived a unicast_peer first', 'mcast_dst_ip'),
  ...todo(TRACKED_FILES, 'track_file'),
  ...todo(TRACKED_PROCESSES, 'track_process'),
  ...todo(BFD, 'track_bfd'),
  ...todo(OS, 'virtual_rules'),
  ...todo(
    'failoverd waits for three adverts, always: lengthen heartbeat.interval when that is too short',
    'down_timer_adverts',
  ),
  ...note('a router whose heartbeat address is gone takes no part until it is back', 'track_src_ip'),
  ...note(BUILT_IN, 'check_unicast_src', 'unicast_fault_no_peer', 'accept', 'promote_secondaries', 'native_ipv6'),
  ...note(BUILT_IN, 'linkbeat_use_polling', 'dynamic_interfaces', 'thread_timer_expired', 'owner_ignore_adverts'),
  ...todo(
    'failoverd does not form the checksum of keepalived 1.3.6 and before: take this out of keepalived on every router first, or neither believes the other',
    'old_unicast_checksum',
  ),
  ...note('any address list of a peer is accepted', 'skip_check_adv_addr'),
  ...note('only what the RFCs allow is accepted', 'strict_mode'),
  ...note('conflicts are resolved by the ownership rules', 'lower_prio_no_advert', 'higher_prio_send_advert'),
  ...note('log.level is the equivalent', 'debug'),
  ...note(PROCESS, 'kernel_rx_buf_size', 'rx_buf_size'),
  ...note('priorities are in the metrics', 'notify_priority_changes'),
  ...note('a group that leaves the configuration needs no command', 'notify_deleted'),
  ...todo(FIREWALL, 'no_accept'),
  ...todo(LVS, 'lvs_sync_daemon_interface'),
};

export const SYNC_GROUP: Vocabulary = {
  ...read('group', 'track_interface', 'track_script'),
  ...read('notify', 'notify_master', 'notify_backup', 'notify_fault', 'notify_stop'),
  ...todo(MAIL, 'smtp_alert'),
  ...todo(TRACKED_FILES, 'track_file'),
  ...todo(TRACKED_PROCESSES, 'track_process'),
  ...todo(BFD, 'track_bfd'),
  ...note('groups that fail over together share their faults', 'global_tracking', 'sync_group_tracking_weight'),
  ...note('priorities are in the metrics', 'notify_priority_changes'),
  ...note('a group that leaves the configuration needs no command', 'notify_deleted'),
};

export const SCRIPT: Vocabulary = {
  ...read('script', 'interval', 'timeout', 'weight', 'rise', 'fall', 'user', 'init_fail'),
};

/** The statements of a block that mean something here; says what becomes of the others. */
export function readable(blocks: readonly Block[], vocabulary: Vocabulary, remarks: Remarks): Block[] {
  return blocks.filter(({ keyword, at }) => {
    const fate = Object.hasOwn(vocabulary, keyword) ? vocabulary[keyword] : undefined;
    if (fate === undefined) {
      const meant = didYouMean(keyword, Object.keys(vocabulary));
      const hint = meant === undefined ? '' : `, did you mean ${quote(meant)}?`;
      remarks.todo(at, `${quote(keyword)} is no keyword here that this release knows${hint || ': it is left out'}`);
    } else if (fate[0] !== 'read') remarks[fate[0]](at, `${keyword}: ${fate[1]}`);
    return fate?.[0] === 'read';
  });
}
