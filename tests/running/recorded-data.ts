import { bitbrainsHeader } from "#import/bitbrains-trace.ts";

export const nodesCsv = `sn,cpu_milli,memory_mib,gpu,model
n1,64000,262144,0,
n2,64000,262144,2,T4
`;

/** Returns a trace of VMs with four cores and 8 GiB; the newest sample of VM `n` is `10 + n` percent. */
export const traceCsv = (vms: number, steps: number): string =>
  [
    bitbrainsHeader,
    ...Array.from({ length: steps * vms }, (_, at) => {
      const [step, vm] = [Math.floor(at / vms), (at % vms) + 1];
      return `${vm},${1_375_000_000 + 300 * step},4,11704,10,${10 + vm},8388608,1000,0,1,2,3`;
    }),
    "",
  ].join("\n");
