{
  _config+:: {
    // The job of obsd's scrapes. Rules and dashboards as they are checked in have this one.
    job: 'agent-activity-tracker',
    // Where the annotation `runbook` of alerts leads: the text before `runbook.md#`.
    runbook: 'docs/',
    // Added to those of the dashboards.
    dashboardTags: [],
  },
}
