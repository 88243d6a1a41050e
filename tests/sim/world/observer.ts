// Watching nothing and doing nothing: what observers and nemeses begin from.
//
// Invariant: a world that runs under these is the plain cluster, fault by fault as its scenario says.

import type { Nemesis, Observer, SimNode, SimProcess, World } from "../types.js";

export class SilentObserver implements Observer {
  afterStep(_node: SimNode, _step: number): void {}
  onBoot(_node: SimNode, _result: number): void {}
  onCrash(_node: SimNode): void {}
  onTrap(_node: SimNode, error: Error): void {
    throw error;
  }
  onSend(_node: SimNode, _to: number, _at: number, _len: number): void {}
  onReceive(_node: SimNode, _from: number, _at: number, _len: number, _intact: boolean): void {}
  onVerdict(_node: SimNode, _verdict: number): void {}
  onWrite(_node: SimNode, _op: number, _slot: number, _at: number, _len: number): void {}
  onDurable(_node: SimNode, _seq: number): void {}
  onEvent(_node: SimNode, _type: number, _at: number): void {}
  onCallback(_node: SimNode, _subsys: number, _call: number, _slot: number, _arg: number, _status: number): void {}
  onService(_node: SimNode, _svc: number, _held: boolean, _token: number): void {}
  onUse(_node: SimNode, _svc: number, _token: number): void {}
  onFence(_node: SimNode, _target: number, _inc: number, _phase: number): void {}
  onArbiter(_node: SimNode, _version: number, _changed: boolean, _register: Uint8Array): void {}
  onRead(_node: SimNode, _process: SimProcess, _slot: number, _at: number, _count: number): void {}
  onResume(_node: SimNode, _process: SimProcess, _slot: number): void {}
  onDiverged(_node: SimNode, _process: SimProcess): void {}
  onData(_node: SimNode, _verdict: number, _at: number): void {}
  onRequest(_node: SimNode, _id: number, _refused: number): void {}
}

export class NoNemesis implements Nemesis {
  begin(_world: World): void {}
  fire(_world: World, _action: number): void {}
}
