// The rules and dashboards as a mixin, for those who keep theirs in jsonnet (monitoring.mixins.dev). What is checked in
// beside this folder is what it has without another configuration; there is one source of it (generate.py).
local rules(file, config) = std.parseJson(std.strReplace(file, 'agent-activity-tracker', config.job));

local withRunbook(group, config) = group {
  rules: [
    if std.objectHas(rule, 'annotations') && std.objectHas(rule.annotations, 'runbook') then
      rule { annotations+: { runbook: std.strReplace(super.runbook, 'docs/', config.runbook) } }
    else rule
    for rule in group.rules
  ],
};

local boards = {
  'obsd-activity.json': importstr '../grafana/dashboards/obsd-activity.json',
  'obsd-agents.json': importstr '../grafana/dashboards/obsd-agents.json',
  'obsd-fleet.json': importstr '../grafana/dashboards/obsd-fleet.json',
  'obsd-health.json': importstr '../grafana/dashboards/obsd-health.json',
  'obsd-rules.json': importstr '../grafana/dashboards/obsd-rules.json',
  'obsd-telemetry.json': importstr '../grafana/dashboards/obsd-telemetry.json',
};

(import 'config.libsonnet') {
  prometheusAlerts+:: {
    groups+: [
      withRunbook(group, $._config)
      for group in rules(importstr 'rules/obsd.alerts.json', $._config).groups
    ],
  },
  prometheusRules+:: {
    groups+: rules(importstr 'rules/obsd.recording.json', $._config).groups,
  },
  // For the central store of a fleet alone, and therefore not among the rules of each machine.
  fleetRules+:: {
    groups+: rules(importstr 'rules/obsd.fleet.json', $._config).groups,
  },
  grafanaDashboards+:: {
    [name]: std.parseJson(std.strReplace(boards[name], 'agent-activity-tracker', $._config.job)) {
      tags+: $._config.dashboardTags,
    }
    for name in std.objectFields(boards)
  },
}
