// ipmp.wasm: the exports, in the order of abi/exports.txt. Nothing else lives here.

export { ipmp_page, ipmp_init } from "./ipmp/module";
export { ipmp_time_advance } from "./ipmp/time";
export {
  ipmp_grp_create, ipmp_grp_destroy, ipmp_grp_plumb, ipmp_grp_rename, ipmp_grp_lookup, ipmp_grp_get, ipmp_grp_set,
} from "./ipmp/group/group";
export { ipmp_grp_stats } from "./ipmp/group/counters";
export {
  ipmp_phyint_create, ipmp_phyint_destroy, ipmp_phyint_lookup, ipmp_phyint_rename, ipmp_phyint_get,
  ipmp_phyint_join_grp, ipmp_phyint_leave_grp,
} from "./ipmp/member/phyint";
export { ipmp_phyint_set_flags, ipmp_phyint_offline, ipmp_phyint_undo_offline } from "./ipmp/member/admin";
export { ipmp_phyint_link } from "./ipmp/member/link";
export { ipmp_phyint_set_mac } from "./ipmp/member/hwaddr";
export { ipmp_phyint_set_mtu, ipmp_ill_up } from "./ipmp/member/phyint";
export {
  ipmp_ipif_add, ipmp_ipif_del, ipmp_ipif_up, ipmp_ipif_lookup, ipmp_ipif_next, ipmp_ipif_get,
} from "./ipmp/group/ipif";
export { ipmp_arpent_create, ipmp_arpent_destroy, ipmp_arpent_get } from "./ipmp/group/arpent";
export { ipmp_tx_batch } from "./ipmp/path/tx";
export { ipmp_rx_batch } from "./ipmp/path/rx";
export { ipmp_ctl_release, ipmp_event_release, ipmp_restore } from "./ipmp/module";
export { ipmp_phyint_set } from "./ipmp/group/shares";
export { ipmp_ipif_pin } from "./ipmp/group/pin";
export { ipmp_tx_copy } from "./ipmp/path/tx_copy";
export { ipmp_grp_vlan } from "./ipmp/group/vlan";
export { ipmp_ill_test_addr } from "./ipmp/probe/test_addr";
export { ipmp_grp_targets, ipmp_probe_get, ipmp_grp_watch } from "./ipmp/probe/settings";
