// The shipped unit under a real systemd: started, reloaded, exchanged, killed, hung, stopped.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import test from "node:test";
import { Bed, onDevices, two } from "./bed.js";
import { ServiceMachine, SYSTEMD } from "./service_machine.js";

const MISSING = existsSync(SYSTEMD) ? undefined : `${SYSTEMD} is not there (scripts/packages.mjs installs it)`;

/** NET_ADMIN and NET_RAW. */
const CAPS = ((1n << 12n) | (1n << 13n)).toString(16).padStart(16, "0");

if (MISSING !== undefined && process.env.CI !== "true") {
  console.log(`skipped: the unit under systemd: ${MISSING}`);
  test("the unit under systemd", { skip: MISSING }, () => undefined);
} else
  onDevices(
    "the unit under systemd: least privilege, reload, exchange, kill -9, a hung process, stop; the group carries on",
    async (t) => {
      assert.equal(MISSING, undefined);
      const bed = new Bed(t);
      bed.write(two("flap_max = 0\n"));
      const machine = new ServiceMachine(t, bed);
      let pid = await machine.active();
      await bed.until(() => assert.equal(machine.show("StatusText").StatusText, "ipmp0 ok"));
      await bed.until(() => assert.ok(bed.ping("10.8.0.2") && bed.ping("2001:db8:8::2")), 20_000);
      const [link] = JSON.parse(bed.host.ip("-j link show dev ipmp0")) as { ifindex: number }[];
      const same = (): void =>
        assert.equal((JSON.parse(bed.host.ip("-j link show dev ipmp0")) as { ifindex: number }[])[0].ifindex, link.ifindex);

      // a plain user, two capabilities, a filter of system calls, no way to more
      assert.notEqual(machine.status("Uid").split("\t")[0], "0");
      for (const set of ["CapPrm", "CapEff", "CapBnd"]) assert.equal(machine.status(set), CAPS, set);
      assert.deepEqual([machine.status("NoNewPrivs"), machine.status("Seccomp")], ["1", "2"]);

      // reload applies a changed configuration
      machine.ok("sh", "-c", "echo 'announce_count = 3' >> /etc/holdfast/holdfast.toml");
      machine.ok("systemctl", "reload", "holdfast.service");
      assert.equal(await machine.active(), pid);
      assert.equal(machine.ok("holdfast", "reload"), "nothing changed\n", "it has been applied");

      // the program is exchanged: systemd watches the new process from then on
      assert.match(machine.ok("holdfast", "reload", "--binary"), /has taken over/);
      pid = await machine.active(pid);
      assert.equal(machine.show("NRestarts").NRestarts, "0");
      await bed.until(() => assert.ok(bed.ping("10.8.0.2")));
      same();

      // killed, and hung: begun again
      machine.ok("kill", "-9", pid);
      pid = await machine.active(pid);
      assert.equal(machine.show("NRestarts").NRestarts, "1");
      await bed.until(() => assert.ok(bed.ping("10.8.0.2")), 20_000);
      same();
      machine.ok("kill", "-STOP", pid);
      pid = await machine.active(pid);
      assert.equal(machine.show("NRestarts").NRestarts, "2", "the watchdog has ended it");
      await bed.until(() => assert.ok(bed.ping("10.8.0.2")), 20_000);
      same();

      // stopped, the interface and its addresses stay for the next start
      machine.ok("systemctl", "stop", "holdfast.service");
      assert.deepEqual(machine.show("ActiveState", "Result"), { ActiveState: "inactive", Result: "success" });
      same();
      machine.ok("systemctl", "start", "holdfast.service");
      await bed.until(() => assert.ok(bed.ping("10.8.0.2")), 20_000);
      machine.ok("holdfast", "down");
      await bed.until(() => assert.equal(bed.has("ipmp0"), false));
    },
    300_000,
  );
