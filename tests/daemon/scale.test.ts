// As many groups as the module has: the I/O region is shared so that every ring and TAP finds its place.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Rtnetlink } from "../../host/net/rtnetlink.js";
import { inside } from "../io/bed.js";
import { Bed, onDevices } from "./bed.js";

const GROUPS = 64;

/** NICs of group i; those of the first and the last hang on the switch. */
function membersOf(i: number): string[] {
  if (i === 0) return ["eth1", "eth2"];
  if (i === GROUPS - 1) return ["eth3", "eth4"];
  return [`n${i}a`, `n${i}b`];
}

function arrange(bed: Bed): void {
  const lines: string[] = [];
  for (let i = 1; i < GROUPS - 1; i++)
    for (const nic of membersOf(i)) {
      lines.push(`link add name ${nic} type veth peer name p${nic} netns ${bed.lan.switch.full}`);
      lines.push(`link set ${nic} up`);
    }
  const batch = join(bed.dir, "links");
  writeFileSync(batch, `${lines.join("\n")}\n`);
  bed.host.ip(`-batch ${batch}`);
  const text = Array.from({ length: GROUPS }, (_, i) => {
    const members = membersOf(i)
      .map((m) => `"${m}"`)
      .join(", ");
    return `[[group]]\nname = "g${i}"\nmembers = [${members}]\nconflict_probe_count = 0\naddresses = ["10.8.${i}.1/24"]\n`;
  });
  bed.write(text.join(""));
}

onDevices("64 groups of two NICs start, carry, and stop; NICs with small slots join no frames meanwhile", async (t) => {
  const bed = new Bed(t, { nics: 4 });
  arrange(bed);
  bed.lan.peer.addr("eth0", `10.8.${GROUPS - 1}.2/24`);
  const net = inside(bed.host, () => new Rtnetlink());
  t.after(() => net.close());
  const gro = (): (boolean | null)[] => inside(bed.host, () => ["eth1", "n31b", "eth4"].map((n) => net.offload(n, "gro")));
  inside(bed.host, () => {
    for (const n of ["eth1", "n31b"]) net.setOffload(n, "gro", true);
    net.setOffload("eth4", "gro", false);
  });
  assert.deepEqual(gro(), [true, true, false]);
  bed.up();
  const { groups } = bed.status();
  assert.equal(groups.length, GROUPS);
  assert.deepEqual(
    groups.flatMap((g) => g.members.filter((m) => m.state === "absent").map((m) => `${m.name}: ${m.note}`)),
    [],
  );
  assert.deepEqual(gro(), [false, false, false]);
  await bed.until(() => assert.ok(bed.ping("10.8.0.2"), "through the first group"));
  await bed.until(() => assert.ok(bed.ping(`10.8.${GROUPS - 1}.2`), "through the last group"));

  // frames that the slots were not made for: the rings are made anew
  bed.lan.peer.ip("link set eth0 mtu 4000");
  for (const port of ["q1", "p1", "p2", "br0"]) bed.lan.switch.ip(`link set ${port} mtu 4000`);
  for (const nic of ["eth1", "eth2"]) bed.host.ip(`link set ${nic} mtu 4000`);
  await bed.until(() => assert.equal(bed.group("g0").mtu, 4000));
  const large = ["ping", "-c", "1", "-w", "4", "-M", "do", "-s", "3900", "10.8.0.2"];
  await bed.until(() => assert.equal(bed.host.exec(large, { allowFailure: true }).status, 0, "a large frame each way"));
  assert.equal(bed.group("g0").state, "ok");

  bed.ok("down");
  assert.deepEqual(gro(), [true, true, false]);
  assert.equal(bed.has("g0") || bed.has(`g${GROUPS - 1}`), false);
});
