// What the merge suite measures: how many reports of how many records, and how they come to the module.

export interface MergeCase {
  name: string;
  reports: number;
  /** of the longest report */
  records: number;
  /**
   * False: one report lies in the inbox, and for each reporter its head is written over (who, how far): what is timed is
   * the merge. True: every reporter has a report of its own, with its own tail, that is copied into the inbox first.
   */
  copied: boolean;
  unit: "ns/record" | "µs/merge";
}

const sized = (reports: number, records: number): MergeCase => ({
  name: `${reports.toLocaleString("en")} × ${records.toLocaleString("en")}`,
  reports,
  records,
  copied: false,
  unit: "ns/record",
});

const COPIED: MergeCase = { ...sized(128, 1024), name: "128 × 1,024, copied in", copied: true };
/** What a candidate does between its last report and its first STAGE, reports included: all follow the same master closely. */
const TAKEOVER: MergeCase = { name: "takeover, 128 nodes", reports: 128, records: 16, copied: true, unit: "µs/merge" };

export function allCases(): MergeCase[] {
  return [sized(16, 256), sized(128, 1024), sized(1000, 256), sized(1000, 1024), COPIED, TAKEOVER];
}

/** Enough to see that all agree. */
export function quickCases(): MergeCase[] {
  return [sized(16, 256), sized(1000, 256), COPIED, TAKEOVER];
}
