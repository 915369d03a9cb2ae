"""What sees something and has it recorded: watchers, commits, hook reports, rules, processes."""
