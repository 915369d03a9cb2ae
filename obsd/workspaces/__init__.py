"""The register of workspaces: names, paths, linked worktrees."""
