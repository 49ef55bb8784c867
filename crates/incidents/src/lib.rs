//! What an incident is, from its first finding to its end: lifecycle, recurrence, continuous re-examination, baselines.
