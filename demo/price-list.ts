/** A few made-up types of each cloud, so that an installation without the price catalogue still shows what VMs would cost. */
export const demoPrices = (["aws", "azure", "gcp"] as const).flatMap((providerType, cloud) =>
  [
    { size: "small", vcpu: 2, memoryGib: 4, hourly: 0.0416 },
    { size: "medium", vcpu: 4, memoryGib: 16, hourly: 0.1664 },
    { size: "large", vcpu: 8, memoryGib: 32, hourly: 0.3328 },
    { size: "xlarge", vcpu: 16, memoryGib: 64, hourly: 0.6656 },
  ].map(({ size, vcpu, memoryGib, hourly }) => {
    const onDemand = hourly * [1, 1.06, 0.94][cloud]!;
    return {
      providerType,
      region: ["eu-west-1", "westeurope", "europe-west1"][cloud] as string,
      instanceType: `demo.${size}`,
      family: "demo",
      vcpu: String(vcpu),
      memoryGib: String(memoryGib),
      arch: "x86_64",
      os: "linux",
      hourlyOnDemand: onDemand.toFixed(6),
      hourlySpot: (onDemand * 0.35).toFixed(6),
      hourlyReserved1y: (onDemand * 0.63).toFixed(6),
      hourlyReserved3y: (onDemand * 0.42).toFixed(6),
      asOf: "2026-01-01",
      metadata: { origin: "generated" },
    };
  }),
);
