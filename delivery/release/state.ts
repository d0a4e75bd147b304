// The state of a release is part of the ledger's schema; the releaser knows it by these names.
export { finalPhases, phases, reasons } from "../../components/ledger/release-record.ts";
export type {
  Cause,
  FinalPhase,
  JournalEntry,
  Phase,
  Reason,
  ReleaseState,
} from "../../components/ledger/release-record.ts";
