import { type Filter, fits, type Reason, reason } from "../plugin.ts";

/** Passes a node in one of the regions and one of the zones of each rule. */
export const location: Filter = ({ region, availabilityZone }, { rules: { locations } }) => {
  let reasons: readonly Reason[] = fits;
  for (const { regions, zones } of locations) {
    if (regions && (region === null || !regions.includes(region)))
      reasons = [
        ...reasons,
        ...reason("region", `is in ${region === null ? "no known region" : `the region ${region}`}`),
      ];
    if (zones && (availabilityZone === null || !zones.includes(availabilityZone)))
      reasons = [
        ...reasons,
        ...reason("zone", `is in ${availabilityZone === null ? "no known zone" : `the zone ${availabilityZone}`}`),
      ];
  }
  return reasons;
};
