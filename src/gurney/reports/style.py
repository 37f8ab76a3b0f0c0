"""The pages' one style sheet: readable text, both colour schemes, print with borders instead of colour."""

STYLE = """
:root{color-scheme:light dark;--ink:#1c2126;--soft:#57606a;--page:#fff;--line:#d4dae0;--tint:#f4f6f8;
--good:#14643a;--good-t:#e6f4ec;--info:#174ea6;--info-t:#e8f0fd;--warning:#7a4a00;--warning-t:#fdf2dc;
--error:#9c1c1c;--error-t:#fdeaea}
@media (prefers-color-scheme:dark){:root{--ink:#e6eaee;--soft:#9aa5b1;--page:#14181c;--line:#333b44;--tint:#1d2329;
--good:#7fd6a3;--good-t:#12301f;--info:#9cc2ff;--info-t:#15253f;--warning:#f2c46d;--warning-t:#35270b;
--error:#ff9d9d;--error-t:#3c1616}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:80rem;padding:1.5rem;font:1rem/1.55 system-ui,"Segoe UI",Roboto,"Noto Sans",sans-serif;
color:var(--ink);background:var(--page)}
h1{font-size:1.75rem;line-height:1.2;margin:0 0 .75rem}
h2{font-size:1.3rem;margin:2.25rem 0 .6rem;padding-top:.75rem;border-top:1px solid var(--line)}
h3{font-size:1.08rem;margin:1.6rem 0 .4rem}
p,li{max-width:46rem;margin:.4rem 0;white-space:pre-line}
header dl{background:var(--tint);border-radius:.4rem;padding:.7rem 1rem;font-size:.9rem}
dl{display:grid;gap:.15rem;margin:.6rem 0}
dl div{display:grid;grid-template-columns:minmax(10rem,16rem) 1fr;gap:1rem}
@media (max-width:40rem){dl div{grid-template-columns:1fr;gap:0}}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
nav ul{columns:3 14rem;padding-left:1.1rem;margin:1rem 0}
nav li{margin:0;padding:.15rem 0;break-inside:avoid}
a{color:var(--info)}
.wide{overflow-x:auto;margin:.9rem 0}
table{border-collapse:collapse;width:100%;font-size:.9rem}
caption{text-align:left;font-weight:600;padding:.3rem 0}
th,td{text-align:left;vertical-align:top;padding:.4rem .45rem;border-bottom:1px solid var(--line);
overflow-wrap:break-word;min-width:5ch;white-space:pre-line;unicode-bidi:isolate}
thead th{background:var(--tint);overflow-wrap:normal;font-weight:600;font-size:.82rem}
tbody th{font-weight:500}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
thead .n{white-space:normal}
code{font:.88em ui-monospace,"Cascadia Mono",Menlo,Consolas,monospace}
.none{color:var(--soft)}
.badge{display:inline-block;padding:0 .5em;border-radius:.8em;font-size:.85em;font-weight:600;white-space:nowrap}
.badge.good{color:var(--good);background:var(--good-t)}.badge.info{color:var(--info);background:var(--info-t)}
.badge.warning{color:var(--warning);background:var(--warning-t)}.badge.error{color:var(--error);background:var(--error-t)}
.findings{list-style:none;padding:0}
.findings li{max-width:none;border-left:.25rem solid var(--line);padding:.15rem 0 .15rem .9rem;margin:.7rem 0}
.findings li.error{border-color:var(--error)}.findings li.warning{border-color:var(--warning)}
.findings li p{max-width:56rem;margin:.15rem 0}
.next::before{content:"What to do: ";font-weight:600}
.ids{font-size:.85rem;color:var(--soft);overflow-wrap:anywhere}
.callout{border:1px solid var(--line);border-left-width:.35rem;border-radius:.35rem;padding:.5rem 1rem;margin:1rem 0}
.callout .title{font-weight:700}
.callout.good{border-color:var(--good);background:var(--good-t)}
.callout.info{border-color:var(--info);background:var(--info-t)}
.callout.warning{border-color:var(--warning);background:var(--warning-t)}
.callout.error{border-color:var(--error);background:var(--error-t)}
@media print{:root{color-scheme:light;--ink:#000;--soft:#333;--page:#fff;--line:#999;--tint:#fff}
body{max-width:none;padding:0;font-size:9.5pt}nav{display:none}.wide{overflow:visible}thead{display:table-header-group}
tr,.callout,.findings li{break-inside:avoid}h2,h3{break-after:avoid}.badge{border:1px solid #999}
a{color:inherit;text-decoration:none}}
"""
