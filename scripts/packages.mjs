// System packages that tests and benches need: the one list, and the installer.
//
//   node scripts/packages.mjs [NAME…]   install what is missing (root on Debian or Ubuntu), else say what is missing;
//                                       with names, of these only
//   node scripts/packages.mjs --check   only say what is missing; status 1 if anything is
//   node scripts/packages.mjs --list    print the package names
//
// Invariants: what is present is left alone; no service of an installed package is left running or enabled; without
// root or apt nothing is changed and the status is 0 (tests that lack a tool say so themselves), with CI=true it is 1.
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Package, what proves that it is there (a command, or a file if it begins with /), who needs it, its services. */
const PACKAGES = [
  { name: "iproute2", proof: "ip", why: "every namespace lab" },
  { name: "tcpdump", proof: "tcpdump", why: "captures of the end-to-end tests" },
  { name: "iputils-ping", proof: "ping", why: "reachability in the end-to-end tests" },
  { name: "nftables", proof: "nft", why: "Clearview proof, packet filter row" },
  { name: "bird2", proof: "bird", why: "Clearview proof, routing row", services: ["bird"] },
  { name: "udhcpc", proof: "udhcpc", why: "Clearview proof, DHCP row" },
  { name: "udhcpd", proof: "udhcpd", why: "Clearview proof, DHCP row", services: ["udhcpd"] },
  { name: "isc-dhcp-client", proof: "dhclient", why: "Clearview proof, DHCP row (IPv6)" },
  { name: "isc-dhcp-server", proof: "dhcpd", why: "Clearview proof, DHCP row (IPv6)", services: ["isc-dhcp-server", "isc-dhcp-server6"] },
  { name: "iperf3", proof: "iperf3", why: "Clearview proof, TCP row; bench nic", services: ["iperf3"] },
  { name: "ethtool", proof: "ethtool", why: "offload settings in tests and benches" },
  { name: "openvswitch-switch", proof: "ovs-vsctl", why: "bench failover, the rival", services: ["openvswitch-switch"] },
  { name: "keepalived", proof: "keepalived", why: "bench failover, the rival for a group of addresses", services: ["keepalived"] },
  { name: "systemd", proof: "/lib/systemd/systemd", why: "the shipped unit" },
  { name: "etcd-server", proof: "etcd", why: "the arbiter of a cluster", services: ["etcd"] },
  { name: "etcd-client", proof: "etcdctl", why: "the arbiter restored from a backup" },
  { name: "gcc", proof: "gcc", why: "the native twins of the benches" },
  { name: "libc6-dev", proof: "/usr/include/stdio.h", why: "the native twins of the benches" },
  { name: "wabt", proof: "wasm-objdump", why: "looking into the modules" },
];

const GUARD = "/usr/sbin/policy-rc.d";

function present(proof) {
  if (proof.startsWith("/")) return existsSync(proof);
  const path = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin", "/usr/bin", "/bin"];
  return path.some((dir) => {
    try {
      accessSync(join(dir, proof), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

const missing = (names) => PACKAGES.filter((p) => (names.length === 0 || names.includes(p.name)) && !present(p.proof));

function say(text) {
  console.log(`packages: ${text}`);
}

/** True on Debian and what descends from it. */
function isDebian() {
  try {
    return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync("/etc/os-release", "utf8"));
  } catch {
    return false;
  }
}

function apt(...args) {
  const argv = ["-q", "-y", "-o", "DPkg::Lock::Timeout=300", "-o", "Dpkg::Use-Pty=0", ...args];
  say(`apt-get ${args.join(" ")}`);
  // RUNLEVEL=1: init scripts of packages see single-user mode; APT_LISTCHANGES_…: no pager waits for a key.
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1", APT_LISTCHANGES_FRONTEND: "none" };
  const done = spawnSync("apt-get", argv, { env, encoding: "utf8", maxBuffer: 64 << 20 });
  if (done.status === 0) return true;
  const told = `${done.stderr ?? ""}`.trim() || done.error?.message || "no message";
  say(`apt-get ${args[0]} failed with status ${done.status}:\n${told}`);
  return false;
}

/** Runs fn while a policy keeps package scripts from starting services; an administrator's own policy stays. */
function withoutServices(fn) {
  if (existsSync(GUARD)) return fn();
  const drop = () => rmSync(GUARD, { force: true });
  const end = (signal) => {
    drop();
    process.kill(process.pid, signal);
  };
  writeFileSync(GUARD, "#!/bin/sh\n# made by holdfast's scripts/packages.mjs for one installation\nexit 101\n", { mode: 0o755 });
  process.once("SIGINT", end);
  process.once("SIGTERM", end);
  try {
    return fn();
  } finally {
    drop();
    process.removeListener("SIGINT", end);
    process.removeListener("SIGTERM", end);
  }
}

/** Installs the named packages and leaves their services off, now and at the next boot. */
function install(packages) {
  const names = packages.map((p) => p.name);
  const args = ["install", "--no-install-recommends", ...names];
  const lists = "/var/lib/apt/lists";
  const fresh = existsSync(lists) && readdirSync(lists).some((f) => f.endsWith("_Packages") || f.includes("_Packages."));
  const done = withoutServices(() => (fresh && apt(...args)) || (apt("update") && apt(...args)));
  if (!done) return false;
  for (const service of packages.flatMap((p) => p.services ?? [])) {
    if (!existsSync(`/etc/init.d/${service}`) && !existsSync(`/lib/systemd/system/${service}.service`)) continue;
    const off = spawnSync("update-rc.d", [service, "disable"], { encoding: "utf8" });
    if (off.status === 0) say(`service ${service}: not started, not enabled`);
  }
  return true;
}

function main(argv) {
  const names = argv.filter((a) => PACKAGES.some((p) => p.name === a));
  const unknown = argv.find((a) => a !== "--check" && a !== "--list" && !names.includes(a));
  if (unknown !== undefined) {
    console.error(`packages: ${unknown} not understood; allowed: --check, --list, names that --list prints`);
    return 2;
  }
  if (argv.includes("--list")) {
    console.log(PACKAGES.map((p) => p.name).join("\n"));
    return 0;
  }
  let lack = missing(names);
  if (lack.length === 0) return 0;
  const root = process.getuid?.() === 0;
  if (!argv.includes("--check") && root && isDebian() && present("apt-get")) {
    install(lack);
    lack = missing(names);
    if (lack.length === 0) return 0;
  }
  for (const p of lack) say(`missing: ${p.name} (${p.proof}), for ${p.why}`);
  if (!root) say("run as root on Debian or Ubuntu to have them installed; without them the tests that need them are skipped");
  return argv.includes("--check") || process.env.CI === "true" ? 1 : 0;
}

process.exitCode = main(process.argv.slice(2));
