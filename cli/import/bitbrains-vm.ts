export const bitbrainsDataset = "bitbrains";
/** Before a VM's number in the trace: `bitbrains-42`. */
export const bitbrainsVmPrefix = "bitbrains-";
