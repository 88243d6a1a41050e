// Clearview row 5: a DHCP client on the group leases, renews across failovers and keeps its address.
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import type { Netns } from "../../host/lab/netns.js";
import { clearview } from "./clearview.js";
import { type Client, lease4, lease6, serve4, serve6 } from "./dhcp.js";
import { eventually, type Family, GROUP, PEER } from "./stage.js";

interface Kind {
  family: Family;
  serve(peer: Netns, folder: string): ChildProcess;
  lease(ns: Netns, device: string, folder: string): Client;
  bound: string;
  renewed: string;
}

const KINDS: readonly Kind[] = [
  { family: 4, serve: serve4, lease: lease4, bound: "bound", renewed: "renew" },
  { family: 6, serve: serve6, lease: lease6, bound: "BOUND6", renewed: "RENEW6" },
];

/** Waits until the client has renewed once more than it had; USR1 asks udhcpc to do so now, dhclient does by its timer. */
async function renewal(client: Client, kind: Kind): Promise<void> {
  const count = (): number => client.events().filter((e) => e.reason === kind.renewed).length;
  const before = count();
  if (kind.family === 4) client.child.kill("SIGUSR1");
  await eventually(`the IPv${kind.family} client renews`, async () => assert.ok(count() > before, JSON.stringify(client.events())));
}

for (const kind of KINDS) {
  const { family } = kind;
  clearview({
    name: `dhcp: a client on the group leases, renews and keeps its address, IPv${family}`,
    lab: `dhcp${family}`,
    needs: family === 4 ? ["udhcpc", "udhcpd"] : ["dhclient", "dhcpd"],
    // No address of its family before the client has one.
    stage: { addresses: family === 4 ? ["2001:db8:77::1/64"] : ["10.77.0.1/24"] },
    async open(stage) {
      kind.serve(stage.peer, stage.folder);
      const client = kind.lease(stage.host, GROUP, stage.folder);
      const { address } = await eventually(`the client has a lease`, async () => {
        const found = client.events().find((e) => e.reason === kind.bound);
        assert.ok(found, JSON.stringify(client.events()));
        return found;
      });
      const look = async (): Promise<void> => {
        await renewal(client, kind);
        await stage.reaches(stage.peer, address);
        await stage.reaches(stage.host, PEER[family], address);
      };
      await look();
      const judge = async (): Promise<void> => {
        const told = client.events().filter((e) => e.address !== undefined && e.address !== "" && e.address !== address);
        assert.deepEqual(told, [], "the client never had another address");
        assert.equal(client.events().filter((e) => e.reason === kind.bound).length, 1, "leased once, then only renewed");
        assert.match(stage.host.ip(`addr show dev ${GROUP}`), new RegExp(`inet6? ${address}/`));
      };
      return async () => ({ look, judge });
    },
  });
}
