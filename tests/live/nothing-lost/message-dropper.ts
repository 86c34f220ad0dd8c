import type { Socket } from "node:net";
import type { NetworkFault } from "#tests/harness/network-faults.ts";

/** A network between a gateway and its clients that drops one message: the first one with this text after it becomes active. */
export class MessageDropper {
  isActive = false;
  hasStolen = false;
  readonly #wanted: string;
  readonly #waiting = new WeakMap<Socket, Buffer>();
  readonly #isUpgraded = new WeakSet<Socket>();

  constructor(wanted: string) {
    this.#wanted = wanted;
  }

  readonly fault: NetworkFault = {
    toClient: (chunk, client, pass) => {
      let waiting = Buffer.concat([this.#waiting.get(client) ?? Buffer.alloc(0), chunk]);
      if (!this.#isUpgraded.has(client)) {
        const end = waiting.indexOf("\r\n\r\n") + 4;
        if (end < 4) {
          this.#waiting.set(client, waiting);
          return;
        }
        this.#isUpgraded.add(client);
        pass(waiting.subarray(0, end));
        waiting = waiting.subarray(end);
      }
      for (let length = frameLength(waiting); length <= waiting.length; length = frameLength(waiting)) {
        const frame = waiting.subarray(0, length);
        if (this.isActive && !this.hasStolen && frame.includes(this.#wanted)) this.hasStolen = true;
        else pass(frame);
        waiting = waiting.subarray(length);
      }
      this.#waiting.set(client, waiting);
    },
  };
}

/** Returns the length of the server's WebSocket frame that begins here; infinite while the bytes are too few to know. */
function frameLength(bytes: Buffer): number {
  const short = (bytes[1] ?? NaN) & 0x7f;
  if (bytes.length < (short === 126 ? 4 : short === 127 ? 10 : 2)) return Infinity;
  if (short === 126) return 4 + bytes.readUInt16BE(2);
  return short === 127 ? 10 + Number(bytes.readBigUInt64BE(2)) : 2 + short;
}
