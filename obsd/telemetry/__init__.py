"""Telemetry: what agents say of themselves over OpenTelemetry, taken, counted right and joined with workspaces."""
