import { Rejections } from "./csv.ts";

export const bitbrainsHeader =
  "vm,ts,cpu_cores,cpu_cap_mhz,cpu_mhz,cpu_pct,mem_cap_kb,mem_kb,disk_read_kbps,disk_write_kbps,net_rx_kbps,net_tx_kbps";

/** The current state of one VM of the trace. */
export interface TraceVm {
  id: string;
  /** The VM's id in the trace. */
  name: string;
  /** Seconds since the epoch, in the time of the trace. */
  first: number;
  last: number;
  cores: number;
  capacityMhz: number;
  memoryKb: number;
  /** Bytes since the trace began. */
  read: number;
  write: number;
  recv: number;
  sent: number;
}

/** A sample as it is stored, but with the trace's time. The counters of one VM only grow. */
export interface Sample {
  vmId: string;
  time: number;
  cpuPercent: number;
  memoryUsed: number;
  /** Null where the trace does not give the VM's memory. */
  memoryAvailable: number | null;
  read: number;
  write: number;
  recv: number;
  sent: number;
}

const kilobyte = 1024;
/** The step of the trace: the duration that the first rate of a VM is assumed to cover. */
const firstStep = 300;
const vmName = /^[A-Za-z0-9_.-]{1,64}$/;

/**
 * Reads the trace line by line. Rates are integrated: a rate covers the time since the VM's previous sample. Of two lines about one VM and time, the first one
 * counts. The results depend only on earlier lines, so that reading a file again up to a line restores the state at that line.
 */
export class TraceReader {
  readonly vms = new Map<string, TraceVm>();
  readonly rejections = new Rejections();
  linesRead = 0;
  repeats = 0;
  start: number | undefined;
  end: number | undefined;
  readonly #file: string;
  /** The numbers of the current line; one array for all lines. */
  readonly #values = new Float64Array(12);
  readonly #idOf: (vm: string) => string;

  constructor(file: string, idOf: (vm: string) => string) {
    this.#file = file;
    this.#idOf = idOf;
  }

  read(line: string, number: number): Sample | undefined {
    this.linesRead = number;
    const text = line.endsWith("\r") ? line.slice(0, -1) : line;
    if (text === "" || (number === 1 && text === bitbrainsHeader)) return undefined;
    const fields = text.split(",");
    if (fields.length !== 12) return this.#reject(number, `${fields.length} fields instead of 12`);
    const name = fields[0] as string;
    if (!vmName.test(name)) return this.#reject(number, "the VM has no usable id");
    const time = Number(fields[1]);
    if (!Number.isSafeInteger(time) || time < 946_684_800 || time > 4_102_444_800) {
      return this.#reject(number, `ts: ${shown(fields[1])} is not a time in seconds`);
    }
    const values = this.#values;
    for (let at = 2; at < 12; at++) {
      const value = Number(fields[at]);
      values[at] = value;
      // A rate above 1e10 KB/s is corrupt, and would make a counter too large to be exact.
      if (fields[at] === "" || !(value >= 0 && value < 1e10)) {
        return this.#reject(
          number,
          `${bitbrainsHeader.split(",")[at]}: ${shown(fields[at])} is not a number from 0 to 1e10`,
        );
      }
    }
    let vm = this.vms.get(name);
    if (vm && time === vm.last) {
      this.repeats += 1;
      return undefined;
    }
    if (vm && time < vm.last) return this.#reject(number, "older than the line before of the same VM");
    const seconds = vm ? time - vm.last : firstStep;
    if (!vm) {
      vm = {
        id: this.#idOf(name),
        name,
        first: time,
        last: time,
        cores: 0,
        capacityMhz: 0,
        memoryKb: 0,
        read: 0,
        write: 0,
        recv: 0,
        sent: 0,
      };
      this.vms.set(name, vm);
    }
    vm.last = time;
    vm.cores = valueOf(values, 2);
    vm.capacityMhz = valueOf(values, 3);
    vm.memoryKb = valueOf(values, 6);
    vm.read += Math.round(valueOf(values, 8) * kilobyte * seconds);
    vm.write += Math.round(valueOf(values, 9) * kilobyte * seconds);
    vm.recv += Math.round(valueOf(values, 10) * kilobyte * seconds);
    vm.sent += Math.round(valueOf(values, 11) * kilobyte * seconds);
    if (this.start === undefined || time < this.start) this.start = time;
    if (this.end === undefined || time > this.end) this.end = time;
    const memoryKb = valueOf(values, 7);
    return {
      vmId: vm.id,
      time,
      cpuPercent: valueOf(values, 5),
      memoryUsed: Math.round(memoryKb * kilobyte),
      memoryAvailable: vm.memoryKb === 0 ? null : Math.round(Math.max(0, vm.memoryKb - memoryKb) * kilobyte),
      read: vm.read,
      write: vm.write,
      recv: vm.recv,
      sent: vm.sent,
    };
  }

  #reject(line: number, reason: string): undefined {
    this.rejections.add(this.#file, line, reason);
    return undefined;
  }
}

const valueOf = (values: Float64Array, at: number): number => values[at] as number;
const shown = (field: string | undefined): string => JSON.stringify((field ?? "").slice(0, 40));

/** Samples column by column, with their times moved. */
export class BatchColumns {
  readonly #shift: number;
  readonly #columns = {
    time: [] as number[],
    vmId: [] as string[],
    cpuUsagePercent: [] as number[],
    memoryUsageBytes: [] as number[],
    memoryAvailableBytes: [] as (number | null)[],
    diskReadBytes: [] as number[],
    diskWriteBytes: [] as number[],
    networkBytesRecv: [] as number[],
    networkBytesSent: [] as number[],
  };

  constructor(shift: number) {
    this.#shift = shift;
  }

  get length(): number {
    return this.#columns.time.length;
  }

  push(sample: Sample): void {
    const columns = this.#columns;
    columns.time.push(sample.time + this.#shift);
    columns.vmId.push(sample.vmId);
    columns.cpuUsagePercent.push(sample.cpuPercent);
    columns.memoryUsageBytes.push(sample.memoryUsed);
    columns.memoryAvailableBytes.push(sample.memoryAvailable);
    columns.diskReadBytes.push(sample.read);
    columns.diskWriteBytes.push(sample.write);
    columns.networkBytesRecv.push(sample.recv);
    columns.networkBytesSent.push(sample.sent);
  }

  columns() {
    return this.#columns;
  }

  /** Returns the days (since the epoch, UTC) of the samples. */
  days(): number[] {
    return [...new Set(this.#columns.time.map((time) => Math.floor(time / 86_400)))];
  }
}
