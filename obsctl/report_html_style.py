"""The style of a report as HTML: light and dark, and for narrow screens, where plots and tables move sideways."""

from __future__ import annotations

from typing import Final

STYLE: Final = """
:root{--page:#fcfcfb;--ink:#1f2328;--soft:#656d76;--line:#e4e4e0;--main:#2a78d6;--other:#d9622b;--third:#16835c;
--gold:#a8760a;--violet:#8a5bd0;--grey:#8b949e;--pale:#c4cad1}
@media (prefers-color-scheme:dark){:root{--page:#16181b;--ink:#e6e8ea;--soft:#9aa2ab;--line:#2c3136;--main:#5aa2f2;
--other:#f08a55;--third:#3fb886;--gold:#d9a53a;--violet:#b08cf0;--grey:#8b949e;--pale:#4b535c}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:940px;padding:32px 24px 64px;background:var(--page);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
h1{font-size:22px;margin:0}h2{font-size:16px;margin:36px 0 8px}p{margin:4px 0;color:var(--soft)}
.tiles{display:flex;flex-wrap:wrap;gap:12px;margin-top:20px}
.tile{flex:1 1 auto;border:1px solid var(--line);border-radius:8px;padding:10px 14px}
.tile b{display:block;font-size:20px;white-space:nowrap;font-variant-numeric:tabular-nums}
.tile span{color:var(--soft);font-size:13px}
svg{display:block;width:100%;height:auto}svg text{fill:var(--soft);font-size:12px}
svg text.name{fill:var(--ink);text-anchor:end}svg text.axis{text-anchor:end}svg text.time{text-anchor:middle}
svg .grid{stroke:var(--line);stroke-width:1}
svg .main,svg .added{fill:var(--main)}svg .removed{fill:var(--other)}svg .commits{fill:var(--third)}
svg .agent0{fill:var(--main)}svg .agent1{fill:var(--other)}svg .agent2{fill:var(--gold)}svg .agent3{fill:var(--violet)}
svg .agent4{fill:var(--ink)}svg .person{fill:var(--third)}svg .several{fill:var(--grey)}svg .unknown{fill:var(--pale)}
.key{display:inline-block;width:10px;height:10px;border-radius:2px;margin:0 5px 0 12px}
.key.added,.key.agent0{background:var(--main)}.key.removed,.key.agent1{background:var(--other)}
.key.agent2{background:var(--gold)}.key.agent3{background:var(--violet)}.key.agent4{background:var(--ink)}
.key.person{background:var(--third)}.key.several{background:var(--grey)}.key.unknown{background:var(--pale)}
.legend{font-weight:400;font-size:13px;color:var(--soft)}.legend span{white-space:nowrap}
table{border-collapse:collapse;width:100%;font-size:14px}th{text-align:left;color:var(--soft);font-weight:500;white-space:nowrap}
th,td{padding:5px 12px 5px 0;border-bottom:1px solid var(--line);white-space:nowrap;vertical-align:top}
td.any{white-space:normal;overflow-wrap:anywhere;min-width:11em}.wide{overflow-x:auto}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
@media (max-width:640px){body{padding:20px 14px 40px}.wide svg{min-width:680px}.tiles{gap:8px}.tile{padding:8px 10px}}
footer{margin-top:40px;color:var(--soft);font-size:13px}
"""
