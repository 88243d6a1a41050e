// Clearview row 6: `ip addr add` and `ip addr del` on the group make and remove data addresses: bound, announced, answered
// for, and shown by `holdfast status`; with every NIC working, while a fault lasts and after it.
import assert from "node:assert/strict";
import type { Capture } from "../../host/lab/capture.js";
import { type Announcement, announcementsOf } from "./announce.js";
import { clearview } from "./clearview.js";
import { CLI, eventually, FAMILIES, type Family, GROUP, PREFIX, type Stage } from "./stage.js";
import { type GroupView, groupOf } from "./status.js";

const EXTRA: Readonly<Record<Family, string>> = { 4: "10.77.0.33", 6: "2001:db8:77::33" };
const STAYING: Readonly<Record<Family, string>> = { 4: "10.77.0.34", 6: "2001:db8:77::34" };

/** What the command tells, as people and scripts use it. */
function statusCommand(stage: Stage): GroupView {
  const { stdout } = stage.host.exec([process.execPath, CLI, "status", "--json", "--state", stage.stateDir]);
  return groupOf(JSON.parse(stdout), GROUP);
}

/** Announcements of an address by any NIC, oldest first. */
function announced(captures: Map<string, Capture>, address: string): Announcement[] {
  const all = [...captures].flatMap(([nic, capture]) => announcementsOf(nic, capture.frames, address));
  return all.sort((a, b) => Number(a.at - b.at));
}

/** Adds an address by ip alone and checks every consequence; returns the NIC it is bound to. */
async function addAndCheck(stage: Stage, family: Family, captures: Map<string, Capture>, when: string): Promise<string> {
  const address = EXTRA[family];
  const before = announced(captures, address).length;
  stage.host.ip(`addr add ${address}/${PREFIX[family]} dev ${GROUP}`);
  await stage.until(`${address} is bound, ${when}`, (g) => assert.ok(g.bound(address)));
  const nic = statusCommand(stage).bound(address);
  assert.ok(nic, `holdfast status shows ${address}, ${when}`);
  const heard = await eventually(`${address} is announced, ${when}`, async () => {
    const all = announced(captures, address).slice(before);
    assert.ok(all.length > 0);
    return all;
  });
  for (const a of heard) assert.deepEqual([a.nic, a.frameSource, a.claimed], [nic, stage.lan.mac(nic), stage.lan.mac(nic)], when);
  await stage.reaches(stage.peer, address);
  return nic;
}

async function deleteAndCheck(stage: Stage, family: Family, when: string): Promise<void> {
  const address = EXTRA[family];
  stage.host.ip(`addr del ${address}/${PREFIX[family]} dev ${GROUP}`);
  await stage.until(`${address} is forgotten, ${when}`, (g) => assert.equal(g.knows(address), false));
  assert.equal(statusCommand(stage).knows(address), false, `holdfast status no longer shows ${address}, ${when}`);
  stage.peer.ip("neigh flush dev eth0");
  assert.equal(await stage.pings(stage.peer, address), false, `nobody answers for ${address}, ${when}`);
}

for (const family of FAMILIES)
  clearview({
    name: `ip addr: add and del make and remove data addresses, IPv${family}`,
    lab: `addr${family}`,
    needs: [],
    async open(stage) {
      const captures = await stage.captureNics({ filter: "arp or icmp6" });
      const check = async (when: string): Promise<void> => {
        await addAndCheck(stage, family, captures, when);
        await deleteAndCheck(stage, family, when);
      };
      await check("all NICs working");
      return async (fault) => {
        // An address that lives through the fault, besides those that come and go while it lasts.
        stage.host.ip(`addr add ${STAYING[family]}/${PREFIX[family]} dev ${GROUP}`);
        await stage.until(`${STAYING[family]} is bound`, (g) => assert.ok(g.bound(STAYING[family])));
        const judge = async (): Promise<void> => {
          await stage.until(`${STAYING[family]} is still bound after ${fault.name}`, (g) => assert.ok(g.bound(STAYING[family])));
          await stage.reaches(stage.peer, STAYING[family]);
          stage.host.ip(`addr del ${STAYING[family]}/${PREFIX[family]} dev ${GROUP}`);
        };
        return { look: check, judge };
      };
    },
  });
