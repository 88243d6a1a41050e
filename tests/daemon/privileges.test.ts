// What a daemon at work may still do, read from the kernel; and that everything works with so little.

import assert from "node:assert/strict";
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Bed, CLI, onDevices, two } from "./bed.js";
import { Installed } from "./installed.js";

const NET = (1n << 12n) | (1n << 13n);
const DAC_READ_SEARCH = 1n << 2n;
const DAC_OVERRIDE = 1n << 1n;

interface Privileges {
  sets: Record<string, bigint>;
  noNewPrivileges: boolean;
}

function privileges(file: string): Privileges {
  const status = readFileSync(file, "latin1");
  const sets = Object.fromEntries([...status.matchAll(/^Cap(\w+):\s*([0-9a-f]+)$/gm)].map((m) => [m[1], BigInt(`0x${m[2]}`)]));
  return { sets, noNewPrivileges: /^NoNewPrivs:\s*1$/m.test(status) };
}

const only = (mask: bigint): Privileges => ({ sets: { Inh: 0n, Prm: mask, Eff: mask, Bnd: mask, Amb: 0n }, noNewPrivileges: true });

/** Privileges of each thread of a daemon. */
const threads = (pid: number): Privileges[] => readdirSync(`/proc/${pid}/task`).map((t) => privileges(`/proc/${pid}/task/${t}/status`));

onDevices("a daemon keeps two capabilities, in every thread, and does all it must with them", async (t) => {
  const bed = new Bed(t, { nics: 3 });
  const before = bed.settings("eth2");
  bed.write(two());
  bed.up();
  const mine = privileges("/proc/self/status").sets.Prm;
  assert.notEqual(mine & ~NET, 0n, "there is something to give up");
  assert.deepEqual(privileges(`/proc/${bed.pid()}/status`), only(NET));
  for (const p of threads(bed.pid())) assert.deepEqual(p, only(NET));
  assert.match(bed.log(), / info {2}privileges: kept CAP_NET_ADMIN, CAP_NET_RAW\n/);
  const mac = bed.group().mac;
  assert.ok(bed.ping("10.8.0.2") && bed.ping("2001:db8:8::2"));

  // a reload that makes interfaces, sockets, rings, sysctls, addresses, an MTU, and takes them away again
  bed.write(
    `${two("mtu = 1400\n").replace('"eth1", "eth2"', '"eth2"')}[[group]]\nname = "ipmp1"\nmembers = ["eth3", "eth1"]\naddresses = ["10.9.0.1/24"]\n`,
  );
  bed.ok("reload");
  assert.equal(bed.group().mtu, 1400);
  assert.equal(bed.group("ipmp1").state, "ok");
  bed.write(two());
  bed.ok("reload");
  assert.equal(bed.has("ipmp1"), false);

  // a NIC that goes and comes
  bed.host.ip("link del eth1");
  await bed.until(() => assert.equal(bed.member("eth1").state, "absent"));
  bed.lab.veth({ ns: bed.host, name: "eth1", mac: "02:00:00:00:01:01" }, { ns: bed.lan.switch, name: "p1" });
  bed.lan.switch.ip("link set p1 master br0");
  await bed.until(() => assert.equal(bed.member("eth1").state, "running"));
  bed.lan.cut("eth2");
  await bed.until(() => assert.ok(bed.ping("10.8.0.2"), "the new NIC carries"));

  assert.deepEqual(privileges(`/proc/${bed.pid()}/status`), only(NET), "nothing came back");
  bed.ok("down", "--keep");
  bed.up();
  assert.equal(bed.group().mac, mac, "the group's hardware address does not depend on privileges");
  bed.ok("down");
  assert.equal(bed.has("ipmp0"), false);
  await bed.until(() => assert.deepEqual(bed.settings("eth2"), before));
});

onDevices("in the foreground it gives up the same; files of other users cost it one capability more", async (t) => {
  const bed = new Bed(t);
  bed.write(two());
  const words = [CLI, "up", "-c", bed.config, "--state", bed.state, "--foreground"];
  const start = async (): Promise<number> => {
    const daemon = bed.host.spawn([process.execPath, ...words]);
    let log = "";
    daemon.stderr?.on("data", (d) => {
      log += d;
    });
    await bed.until(() => assert.match(log, / ready: /), 20_000);
    return bed.pid();
  };
  assert.deepEqual(privileges(`/proc/${await start()}/status`), only(NET));
  bed.ok("down");

  // the configuration in a folder that only its owner may enter
  chownSync(bed.dir, 65534, 65534);
  chmodSync(bed.dir, 0o700);
  assert.deepEqual(privileges(`/proc/${await start()}/status`), only(NET | DAC_READ_SEARCH));
  assert.equal(bed.ok("reload"), "nothing changed\n");
  bed.ok("down");

  // and a state folder that is somebody else's
  mkdirSync(bed.state, { recursive: true });
  chownSync(bed.state, 65534, 65534);
  chmodSync(bed.state, 0o700);
  assert.deepEqual(privileges(`/proc/${await start()}/status`), only(NET | DAC_READ_SEARCH | DAC_OVERRIDE));
  assert.ok(readdirSync(bed.state).includes("ledger.json"));
  bed.ok("down");
  assert.equal(readdirSync(bed.state).includes("ledger.json"), false);
  chownSync(join(bed.dir), 0, 0);
});

onDevices("a plain user with the two capabilities runs it, in the foreground, and another process takes over with them", async (t) => {
  const bed = new Bed(t);
  const program = new Installed(t);
  bed.write(two());
  const nobody = 65534;
  for (const dir of [bed.dir, program.dir]) chownSync(dir, nobody, nobody);
  mkdirSync(bed.state);
  chownSync(bed.state, nobody, nobody);
  // whoever prepares the machine for plain users opens /dev/net/tun to them; here, for this process only
  const node = join(bed.dir, "tun");
  const caps = "+net_admin,+net_raw";
  const user = ["setpriv", `--reuid=${nobody}`, `--regid=${nobody}`, "--clear-groups", `--inh-caps=-all,${caps}`, `--ambient-caps=${caps}`];
  const prepare = `mknod ${node} c 10 200 && chmod 666 ${node} && mount --bind ${node} /dev/net/tun && exec "$@"`;
  const words = [program.cli, "up", "-c", bed.config, "--state", bed.state, "--foreground"];
  const daemon = bed.host.spawn(
    ["unshare", "-m", "sh", "-c", prepare, "sh", ...user, `--bounding-set=-all,${caps}`, process.execPath, ...words],
    {},
  );
  let log = "";
  daemon.stderr?.on("data", (d) => {
    log += d;
  });
  await bed.until(() => assert.match(log, / ready: /), 20_000);
  const asNobody = (pid: number): void => {
    assert.deepEqual(privileges(`/proc/${pid}/status`), only(NET));
    assert.match(readFileSync(`/proc/${pid}/status`, "latin1"), new RegExp(`^Uid:\\s${nobody}\\s`, "m"));
  };
  asNobody(bed.pid());
  await bed.until(() => assert.ok(bed.ping("10.8.0.2") && bed.ping("2001:db8:8::2")));
  const first = bed.pid();
  assert.match(bed.ok("reload", "--binary"), /has taken over/);
  assert.notEqual(bed.pid(), first);
  asNobody(bed.pid());
  assert.ok(bed.ping("10.8.0.2") && bed.ping("2001:db8:8::2"));
  bed.ok("down");
  assert.equal(bed.has("ipmp0"), false);
});
