"""The parts of which :mod:`makers.records.compose.functions` makes functions.

A part is ``python ~ javascript``, or one side where both are the same. ``<N>`` stands for an expression of that kind
(number, float, bool, string, list of numbers (L) or of strings (K); P, Q: what is asked of an element, E, W: what is
made of it), ``<n>`` for an argument, ``<op>`` for an operator, ``<k>`` for a number; a digit tells two of a kind apart.
A mark after a kind says how tightly an expression must bind to stand there bare, see ``drawing.BINDING``.

No ``^``, ``&`` or ``<<`` of numbers: on a budget or a price a learner reads them as a power and an "and".
"""

# A form is a body; its lines are set apart by ";;", four spaces indent. R is an expression of any kind. After @: the
# verbs.
FORMS = """
<n1> <arith>= <k> ;; return <R!>
<n1> = max(<n1>, <k>) ;; return <R!> ~ <n1> = Math.max(<n1>, <k>) ;; return <R!>
<s1> = <s1>.strip() ;; return <R!> ~ <s1> = <s1>.trim() ;; return <R!>
if <B!>: ;;     return <k> ;; return <N!> ~ if (<B!>) return <k> ;; return <N!>
if <B!>: ;;     return "<alt>" ;; return <S!> ~ if (<B!>) return "<alt>" ;; return <S!>
if <B!>: ;;     return None ;; return <R!> ~ if (<B!>) return null ;; return <R!>
if <B!>: ;;     return <L1!> ;; return <L2!> ~ if (<B!>) return <L1!> ;; return <L2!>
if not <xs>: ;;     return 0 ;; return <N!> ~ if (<xs>.length === 0) return 0 ;; return <N!>
if not <ws>: ;;     return "<alt>" ;; return <S!> ~ if (<ws>.length === 0) return "<alt>" ;; return <S!>
if not <s>: ;;     return "<alt>" ;; return <S!> ~ if (!<s>) return "<alt>" ;; return <S!>
if <n> is None: ;;     return <k> ;; return <N!> ~ if (<n> === null) return <k> ;; return <N!>
if <s> is None: ;;     return [] ;; return <K!> ~ if (<s> === null) return [] ;; return <K!>
if <B!>: ;;     <n1> += <k> ;; return <R!> ~ if (<B!>) <n1> += <k> ;; return <R!>
if <n1> > <n2>: ;;     <n1>, <n2> = <n2>, <n1> ;; return <R!> \
~ if (<n1> > <n2>) [<n1>, <n2>] = [<n2>, <n1>] ;; return <R!>
<n1>, <n2> = <n2>, <n1> ;; return <R!> ~ [<n1>, <n2>] = [<n2>, <n1>] ;; return <R!>
<xs>[0], <xs>[1] = <xs>[1], <xs>[0] ;; return <xs> ~ [<xs>[0], <xs>[1]] = [<xs>[1], <xs>[0]] ;; return <xs> @ swap turn
return <N1!>, <N2!> ~ return [<N1!>, <N2!>] @ both parts pair
return <S!>, <N!> ~ return [<S!>, <N!>] @ both parts pair
return <n> // <k>, <n> % <k> ~ return [Math.floor(<n> / <k>), <n> % <k>] @ divide parts
return {"<field1>": <N!>, "<field2>": <S!>} ~ return { <field1>: <N!>, <field2>: <S!> } @ describe record
return {"<field1>": <B!>, "<field2>": <N!>} ~ return { <field1>: <B!>, <field2>: <N!> } @ describe record
<xs>.append(<N!>) ;; return <xs> ~ <xs>.push(<N!>) ;; return <xs> @ extend grow
<ws>.append(<S!>) ;; return <ws> ~ <ws>.push(<S!>) ;; return <ws> @ extend grow
<xs>.insert(0, <N!>) ;; return <xs> ~ <xs>.unshift(<N!>) ;; return <xs> @ extend grow
<xs>.reverse() ;; return <L!> @ turn
<xs>[<i>] = <N!> ;; return <xs> @ replace set
<ws>.pop() ;; return <ws> @ shorten
<t>[<key>] = <N!> ;; return <t> @ store update
<t>[<key>] += <N!> ;; return <t>[<key>] @ update
<vt> = {"small": <k1>, "large": <k2>} ;; return <vt>[<size>] \
~ const <vt> = { small: <k1>, large: <k2> } ;; return <vt>[<size>] @ look_up find
<vt> = {"bread": <k1>, "milk": <k2>, "eggs": <k3>} ;; return <vt>[<food>] * <N> \
~ const <vt> = { bread: <k1>, milk: <k2>, eggs: <k3> } ;; return <vt>[<food>] * <N> @ look_up find
<vt> = {"red": "<alt1>", "green": "<alt2>"} ;; return <vt>.get(<color>, "<alt3>") \
~ const <vt> = { red: "<alt1>", green: "<alt2>" } ;; return <vt>[<color>] ?? "<alt3>" @ look_up find
<vt> = {"red": <k1>, "blue": <k2>} ;; return <vt>.get(<color>, 0) + <n> \
~ const <vt> = { red: <k1>, blue: <k2> } ;; return (<vt>[<color>] ?? 0) + <n> @ look_up find
<vn> = <N!> ;; return <R!> ~ const <vn> = <N!> ;; return <R!>
<vs> = <S!> ;; return <R!> ~ const <vs> = <S!> ;; return <R!>
<vxs> = <L!> ;; return <R!> ~ const <vxs> = <L!> ;; return <R!>
<vws> = <K!> ;; return <R!> ~ const <vws> = <K!> ;; return <R!>
<vn1> = <N1!> ;; <vn2> = <N2!> ;; return <vn1> <arith> <vn2> \
~ const <vn1> = <N1!> ;; const <vn2> = <N2!> ;; return <vn1> <arith> <vn2>
<vs1> = <S1!> ;; <vn1> = <N1!> ;; return f"{<vs1>}<sep>{<vn1>}" \
~ const <vs1> = <S1!> ;; const <vn1> = <N1!> ;; return `${<vs1>}<sep>${<vn1>}`
<vn>, *<vxs> = <xs> ;; return <R!> ~ const [<vn>, ...<vxs>] = <xs> ;; return <R!>
<vn1>, <vn2> = <xs>[0], <xs>[-1] ;; return <R!> ~ const [<vn1>, <vn2>] = [<xs>[0], <xs>.at(-1)] ;; return <R!>
"""

# A heading: the kind, and the verbs of which a function's name is made where such a part is all that it returns.
PARTS = """
[N: adjust scale shift]
<N1+> + <N2*>
<N1+> - <N2*>
<N1*> * <N2>
<n1> * <k> + <n2>
(<n1> + <n2>) * <n3>
<n1> * <n2> - <k>
<n> // <k> ~ Math.floor(<n> / <k>)
<n1> - <n2> % <k>
<n> % <k>
<n> ** <p>
<n1> ** <p> + <n2>
abs(<N1+> - <N2*>) ~ Math.abs(<N1+> - <N2*>)
min(<N1!>, <N2!>) ~ Math.min(<N1!>, <N2!>)
max(<N1!>, <k>) ~ Math.max(<N1!>, <k>)
max(<k1>, min(<N1!>, <n2>)) ~ Math.max(<k1>, Math.min(<N1!>, <n2>))
-<n> + <k>
[N: measure size length_of]
len(<S!>) ~ <S>.length
len(<s1>) <arith> len(<s2>) ~ <s1>.length <arith> <s2>.length
<s>.count("<ch>") ~ <s>.split("<ch>").length - 1
<s>.find("<ch>") ~ <s>.indexOf("<ch>")
ord(<s>[<i>]) ~ <s>.charCodeAt(<i>)
len(<s>.split("<sep>")) ~ <s>.split("<sep>").length
len(<L!>) ~ <L>.length
len(<t>) ~ Object.keys(<t>).length
len(set(<ws>)) ~ new Set(<ws>).size
[N: total sum_of collect]
sum(<xs>) ~ <xs>.reduce((total, <x>) => total + <x>, 0)
sum(<E!> for <x> in <xs>) ~ <xs>.reduce((total, <x>) => total + <E*>, 0)
sum(len(<w>) for <w> in <ws>) ~ <ws>.reduce((total, <w>) => total + <w>.length, 0)
sum(<x> for <x> in <xs> if <P!>) ~ <xs>.filter((<x>) => <P!>).reduce((total, <x>) => total + <x>, 0)
sum(<t>.values()) ~ Object.values(<t>).reduce((total, value) => total + value, 0)
[N: count tally number_of]
sum(1 for <x> in <xs> if <P!>) ~ <xs>.filter((<x>) => <P!>).length
len([<w> for <w> in <ws> if <Q!>]) ~ <ws>.filter((<w>) => <Q!>).length
<xs>.count(<n>) ~ <xs>.filter((<x>) => <x> === <n>).length
[N: largest peak highest]
max(<xs>) ~ Math.max(...<xs>)
min(<xs>) ~ Math.min(...<xs>) @ smallest lowest least
max(<xs>) - min(<xs>) ~ Math.max(...<xs>) - Math.min(...<xs>) @ spread span range_of
max(len(<w>) for <w> in <ws>) ~ Math.max(...<ws>.map((<w>) => <w>.length)) @ longest widest width_of
min(abs(<x> - <n>) for <x> in <xs>) ~ Math.min(...<xs>.map((<x>) => Math.abs(<x> - <n>))) @ nearest closest gap_in
[N: pick get read]
<xs>[<i>]
<xs>[-1] ~ <xs>.at(-1)
<xs>[0] <arith> <xs>[-1] ~ <xs>[0] <arith> <xs>.at(-1)
<xs>[<n> % len(<xs>)] ~ <xs>[<n> % <xs>.length]
<t>[<key>]
<t>.get(<key>, <k>) ~ <t>[<key>] ?? <k>
<t>[<key>] * <n>
<n1> if <B!> else <n2> ~ <B?> ? <n1> : <n2>
<N1?> if <B!> else <N2?> ~ <B?> ? <N1?> : <N2?>
<n> or <k> ~ <n> || <k>
[F: share mean rate]
<N1*> / <k>
<n1> * <k> / 100
<n1> / (<n2> + <k>)
sum(<xs>) / len(<xs>) ~ <xs>.reduce((total, <x>) => total + <x>, 0) / <xs>.length
<n> * 0.<k2>
[B: is check has]
<N1+> <cmp> <N2+>
<n> <cmp> <k>
<n> % <k> == 0 ~ <n> % <k> === 0
<k1> <= <n> <= <k2>0 ~ <k1> <= <n> && <n> <= <k2>0
len(<s>) <cmp> <n> ~ <s>.length <cmp> <n>
"<ch>" in <s> ~ <s>.includes("<ch>")
"<ch>" not in <S+> ~ !<S>.includes("<ch>")
<s>.startswith("<ch>") ~ <s>.startsWith("<ch>")
<s>.endswith("<ch>") ~ <s>.endsWith("<ch>")
<s1>[0] == <s2>[0] ~ <s1>[0] === <s2>[0]
<s>[<i>] == "<ch>" ~ <s>[<i>] === "<ch>"
<s> == <s>[::-1] ~ <s> === [...<s>].reverse().join("")
<n> in <xs> ~ <xs>.includes(<n>)
<s> in <ws> ~ <ws>.includes(<s>)
<s> not in <ws> ~ !<ws>.includes(<s>)
<key> in <t>
<n> in (<k1>, <k2>, <k3>) ~ [<k1>, <k2>, <k3>].includes(<n>)
any(<P!> for <x> in <xs>) ~ <xs>.some((<x>) => <P!>)
all(<P!> for <x> in <xs>) ~ <xs>.every((<x>) => <P!>)
any(<Q!> for <w> in <ws>) ~ <ws>.some((<w>) => <Q!>)
all(<Q!> for <w> in <ws>) ~ <ws>.every((<w>) => <Q!>)
<B1&> and <B2&> ~ <B1&> && <B2&>
<B1&> or <B2&> ~ <B1&> || <B2&>
not <B> ~ !<B>
[S: tidy label format make]
<s>.upper() ~ <s>.toUpperCase()
<S>.lower() ~ <S>.toLowerCase()
<s>.strip() ~ <s>.trim()
<s>.replace("<ch1>", "<ch2>") ~ <s>.replaceAll("<ch1>", "<ch2>")
<s>[::-1] ~ [...<s>].reverse().join("")
<s>[<i>]
<s>[-1] ~ <s>.at(-1)
<s>[:<k>] ~ <s>.slice(0, <k>)
<s>[<k>:] ~ <s>.slice(<k>)
<s>[-<p>:] ~ <s>.slice(-<p>)
<s>[<i>:-1] ~ <s>.slice(<i>, -1)
<s> * <p> ~ <s>.repeat(<p>)
<s1> + "<sep>" + <s2>
<S1+> + <S2*>
"<pre>" + <S*>
<S+> + "<sep>"
<s>.rjust(<n>, "<fill>") ~ <s>.padStart(<n>, "<fill>")
<s>.ljust(<k>, "<fill>") ~ <s>.padEnd(<k>, "<fill>")
<s>.split("<ch>")[0] ~ <s>.split("<ch>")[0]
<s>[0].upper() + <s>[1:] ~ <s>[0].toUpperCase() + <s>.slice(1)
str(<N!>) ~ String(<N!>)
str(<n>).zfill(<k>) ~ String(<n>).padStart(<k>, "0")
"<sep>".join(<K!>) ~ <K>.join("<sep>")
"<sep>".join(str(<E!>) for <x> in <xs>) ~ <xs>.map((<x>) => <E!>).join("<sep>")
"".join(<w>[0] for <w> in <ws>) ~ <ws>.map((<w>) => <w>[0]).join("")
max(<ws>, key=len) ~ <ws>.reduce((a, b) => (b.length > a.length ? b : a))
"<alt1>" if <B!> else "<alt2>" ~ <B?> ? "<alt1>" : "<alt2>"
<S1?> if <B!> else <S2?> ~ <B?> ? <S1?> : <S2?>
<ws>[<i>]
<ws>[-1] ~ <ws>.at(-1)
<s> or "<alt>" ~ <s> || "<alt>"
f"<pre> {<s>}" ~ `<pre> ${<s>}`
f"{<s>} <mid> {<N!>} <post>" ~ `${<s>} <mid> ${<N!>} <post>`
f"{<n1>}<sep>{<n2>}" ~ `${<n1>}<sep>${<n2>}`
f"<pre> {<N!>} <post>" ~ `<pre> ${<N!>} <post>`
f"{<S!>}<sep>{<s2>}" ~ `${<S!>}<sep>${<s2>}`
f"<pre> {<n1>} of {<N!>}" ~ `<pre> ${<n1>} of ${<N!>}`
[L: change convert map]
[<E!> for <x> in <xs>] ~ <xs>.map((<x>) => <E!>)
[<E!> for <x> in <xs> if <P!>] ~ <xs>.filter((<x>) => <P!>).map((<x>) => <E!>)
[len(<w>) for <w> in <ws>] ~ <ws>.map((<w>) => <w>.length)
[<x> * i for i, <x> in enumerate(<xs>)] ~ <xs>.map((<x>, i) => <x> * i)
[<a> <arith> <b> for <a>, <b> in zip(<as>, <bs>)] ~ <as>.map((<a>, i) => <a> <arith> <bs>[i])
[<t>[<w>] for <w> in sorted(<t>)] ~ Object.keys(<t>).sort().map((<w>) => <t>[<w>])
[L: filter keep select]
[<x> for <x> in <xs> if <P!>] ~ <xs>.filter((<x>) => <P!>)
[<x> for <x> in <xs> if <x> in <bs>] ~ <xs>.filter((<x>) => <bs>.includes(<x>))
[value for value in <t>.values() if value <cmp> <k>] ~ Object.values(<t>).filter((value) => value <cmp> <k>)
[L: arrange order list]
sorted(<L!>) ~ [...<L>].sort((a, b) => a - b)
sorted(<xs>, reverse=True) ~ [...<xs>].sort((a, b) => b - a)
<xs>[::-1] ~ [...<xs>].reverse()
<xs>[<p>:] ~ <xs>.slice(<p>)
<xs>[:<k>] ~ <xs>.slice(0, <k>)
<xs>[-<p>:] ~ <xs>.slice(-<p>)
<xs> + [<N!>] ~ [...<xs>, <N!>]
[<k>] + <xs> ~ [<k>, ...<xs>]
<xs> + <bs> ~ [...<xs>, ...<bs>]
[<N1!>, <N2!>]
list(range(<n>)) ~ Array.from({ length: <n> }, (_, i) => i)
[i * <k> for i in range(<n>)] ~ Array.from({ length: <n> }, (_, i) => i * <k>)
[i ** <p> for i in range(<n>)] ~ Array.from({ length: <n> }, (_, i) => i ** <p>)
[<n1> + i for i in range(<k>)] ~ Array.from({ length: <k> }, (_, i) => <n1> + i)
[<n>] * <k> ~ Array(<k>).fill(<n>)
list(<t>.values()) ~ Object.values(<t>)
[K: rewrite mark spell]
[<W!> for <w> in <ws>] ~ <ws>.map((<w>) => <W!>)
[<W!> for <w> in <ws> if <Q!>] ~ <ws>.filter((<w>) => <Q!>).map((<w>) => <W!>)
[<W!> for <w> in <s>.split("<sep>")] ~ <s>.split("<sep>").map((<w>) => <W!>)
[f"{i}<sep>{<w>}" for i, <w> in enumerate(<ws>)] ~ <ws>.map((<w>, i) => `${i}<sep>${<w>}`)
[K: filter keep select]
[<w> for <w> in <ws> if <Q!>] ~ <ws>.filter((<w>) => <Q!>)
[<w> for <w> in <ws> if <w> != <s>] ~ <ws>.filter((<w>) => <w> !== <s>)
[K: arrange order list]
sorted(<ws>) ~ [...<ws>].sort()
sorted(<K!>) ~ [...<K>].sort()
sorted(<ws>, key=len) ~ [...<ws>].sort((a, b) => a.length - b.length)
<ws>[::-1] ~ [...<ws>].reverse()
<ws>[<p>:] ~ <ws>.slice(<p>)
<s>.split("<sep>") ~ <s>.split("<sep>")
list(<s>) ~ [...<s>]
list(<t>) ~ Object.keys(<t>)
list(dict.fromkeys(<ws>)) ~ [...new Set(<ws>)]
<ws> + [<S!>] ~ [...<ws>, <S!>]
[P]
<x> <cmp> <k>
<x> <cmp> <n>
<x> % <k> == <i> ~ <x> % <k> === <i>
<k1> < <x> < <k2>0 ~ <k1> < <x> && <x> < <k2>0
<x> != <n> ~ <x> !== <n>
[Q]
len(<w>) <cmp> <k> ~ <w>.length <cmp> <k>
"<ch>" in <w> ~ <w>.includes("<ch>")
"<ch>" not in <w> ~ !<w>.includes("<ch>")
<w>.startswith("<ch>") ~ <w>.startsWith("<ch>")
<w>.endswith(<s>[-1]) ~ <w>.endsWith(<s>.at(-1))
<w>[0] != "<ch>" ~ <w>[0] !== "<ch>"
[E]
<x> <arith> <k>
<x> <arith> <n>
<x> ** <p>
<x> // <k> ~ Math.floor(<x> / <k>)
abs(<x> - <n>) ~ Math.abs(<x> - <n>)
max(<x>, <n>) ~ Math.max(<x>, <n>)
min(<x>, <k>) ~ Math.min(<x>, <k>)
<x> if <P!> else <k> ~ <P?> ? <x> : <k>
-<x>
[W]
<w>.upper() ~ <w>.toUpperCase()
<w>.lower() ~ <w>.toLowerCase()
<w>[0] ~ <w>[0]
<w>[::-1] ~ [...<w>].reverse().join("")
<w>[:<k>] ~ <w>.slice(0, <k>)
<w> + "<sep>"
f"<pre> {<w>}" ~ `<pre> ${<w>}`
<w>.replace("<ch>", "<fill>") ~ <w>.replaceAll("<ch>", "<fill>")
"<alt>" if <Q!> else <w> ~ <Q?> ? "<alt>" : <w>
"""
