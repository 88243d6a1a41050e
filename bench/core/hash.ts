// The hash of a result: what became of each frame, the frames as they now are, and every counter. The twin in C
// computes the same over the same bytes (bench/native/core.c), so equal hashes mean equal work.

/** Two 32-bit lanes over little-endian words; the length is a multiple of four. */
export class ResultHash {
  private a = 0x811c9dc5;
  private b = 0x9e3779b9;

  add(bytes: Uint8Array): this {
    if (bytes.byteLength % 4 !== 0) throw new Error(`${bytes.byteLength} bytes are no whole words`);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let i = 0; i < bytes.byteLength; i += 4) {
      const word = view.getUint32(i, true);
      this.a = Math.imul(this.a ^ word, 0x01000193);
      this.b = Math.imul(((this.b << 5) | (this.b >>> 27)) ^ word, 0x9e3779b1);
    }
    return this;
  }

  hex(): string {
    return [this.a, this.b].map((lane) => (lane >>> 0).toString(16).padStart(8, "0")).join("");
  }
}
