/** How English questions open and close. Own compilation, in folded spelling. */
import type { Politeness } from './contract.ts';

export const english: Politeness = {
  greetings: `
    (?:hi+|hello+|hey+|heya|hiya|howdy|greetings|yo|hullo|hallo)(?: again)?(?: (?:there|all|everyone|everybody|team|guys|folks|friends?|buddy|mate|dear|sir|madam|support(?: team)?|assistant|bot|chat ?bot|chatgpt|gpt|claude|gemini|ai))?
    good (?:morning|afternoon|evening|day)(?: (?:to you|everyone|all|team|sir|madam|there))?
    (?:g'day|gday|morning|evening)
    dear (?:sir or madam|sir/madam|sirs?|madam|team|support|support team|customer service|all)
    (?:i )?hope (?:you are|you're|youre|all is|this finds you|everything is) (?:doing )?(?:well|good|great|fine|ok)(?: today)?
    how are you(?: doing)?(?: today)?
    how's it going
    what's up
    nice to meet you
    (?:excuse me|pardon me|sorry to (?:bother|disturb|trouble) you(?: again)?|apologies for (?:bothering|disturbing) you|sorry for (?:bothering|disturbing|the bother)(?: you)?|sorry|quick one)(?: but)?
    (?:just )?(?:a |one |another |i have a |i've got a |i got a |i have one |here's a |just )?(?:(?:quick|simple|short|small|little|general|stupid|silly|dumb|basic) )+question(?: for you)?
    (?:i have|i've got|i got|just) (?:a|one|another) question(?: for you)?
    (?:can|could|may) i ask(?: you)?(?: (?:a question|something))?
    (?:can|could|would) you (?:please )?help(?: me)?(?: (?:out|please|with something|with a question))?
    i need (?:your |some |a little )?help
    help(?: me)? please
  `,
  thanks: `
    (?:many )?thanks(?: (?:a lot|a million|a bunch|so much|very much|again|in advance|mate|guys|everyone|all))*(?: for (?:your |the |any |all your |all the )?(?:help|time|assistance|support|answer|reply|response|patience))?
    thank (?:you|u)(?: (?:so much|very much|kindly|again|in advance|all|everyone|sir|guys))*(?: for (?:your |the |any |all your |all the )?(?:help|time|assistance|support|answer|reply|response|patience))?
    (?:thx|tnx|tks|thanx|thankyou|ty|tysm|cheers|much obliged)(?: (?:in advance|a lot|so much|mate))*
    (?:much|greatly|really) appreciated
    (?:i(?:'d| would)? )?(?:really |greatly |very much |would really )?appreciate (?:it|your help|any help|the help)
    (?:best|kind|warm|with best) (?:regards|wishes)
    (?:yours )?sincerely
    regards
    (?:have|enjoy) a (?:nice|good|great|lovely) (?:day|one|evening|week|weekend)
    any help (?:is |would be )?(?:much |greatly |really )?appreciated
  `,
  please: `
    (?:please|pls|plz|plse|kindly)
    if you (?:please|don't mind|dont mind|wouldn't mind|can|could)
    if (?:possible|it's possible)
    if it's not too much trouble
    would you be so kind
  `,
  asks: `
    (?:can|could|would|will) (?:you|u|someone|anyone|anybody|somebody)(?: (?:please|kindly|possibly|maybe|perhaps))*(?: be so kind (?:as )?to)? (?:tell|advise|inform|let) (?:me|us)(?: know)?
    (?:please )?(?:tell|advise) (?:me|us)
    (?:please )?let (?:me|us) know
    would you (?:please )?mind telling me
    (?:do|does|did) (?:you|anyone|anybody|someone)(?: (?:happen to|guys))? know
    i(?:'d| would| 'd|d)? (?:just |really )?(?:like|love|want|wanted|need|wish) to (?:know|ask(?: you)?|find out|understand)
    i(?:'d| would)? (?:just |really )?(?:like|love) (?:you )?to (?:tell me|know|ask)
    i(?:'m| am|m| was| have been)? (?:just )?(?:wondering|curious|wonder)(?: if (?:you|someone|anyone) (?:could|can|would|might)(?: (?:please|kindly))? (?:tell me|let me know|say|help me understand))?
    (?:can|could|may) i (?:please )?ask(?: you)?
    (?:can|could|may) i (?:please )?know(?! (?:who|if|whether))
    (?:any|anyone have any|do you have any) idea
    (?:the|my) question is
  `,
  requests: `
    (?:can|could|would|will) (?:you|u)(?: (?:please|kindly|pls|plz))+
    (?:could|would|can) you
    (?:i would like|i'd like|i want|i need) you to
    would you (?:please )?mind
    (?:please|kindly)
  `,
  tellingVerbs: `
    explain
    describe
    tell me
    give me
    show me
    list
    define
    summari[sz]e
    compare
    recommend
    suggest
    clarify
    outline
    help me understand
  `,
  questionWords: `
    what(?:'?s|'re)?
    how(?:'?s)?
    when(?:'s)?
    where(?:'?s)?
    who(?:'?s|m|se)?
    why
    which
    (?:in|at|by|for|on|to|from|with|under|of|about|until|since) (?:what|which|who(?:m)?|when|how)
  `,
  starts: `
    what(?:'?s|'re)?
    how(?:'?s)?
    when(?:'s)?
    where(?:'?s)?
    who(?:'?s)?
    why
    which
    i(?:'m|'d|'ve|'ll)? (?!am the)
    (?:can|could|would|will|do|does|did|should|may) (?:you|i|we|someone|anyone|u|my|it|the|they|a|your)
    (?:is|are) (?:there|it|my|your|you|these)
    (?:please|pls|plz)
    (?:quick|just|if|my|there is|we|explain|tell me|give me|show me|help me|list|describe)
  `,
  mentions: `
    (?:say|says|said|saying|means?|meaning|word|words|phrase|spell|spelled|translate|translation|pronounce|reply|respond|answer|express|sign|called|type|synonyms?|etymology|origin|song|lyrics|movie|film|book)
  `,
  bareClosings: '(?:please|pls|plz|plse|many thanks|thanks|thank|thx|tnx|thanx|thankyou|tysm|if)',
  leading:
    '(?:of|the|a|an|to|with|by|for|after|before|without|and|or|is|are|as|sings?|sang|called|named|titled|write|writes|spell|type|use|using|uses)',
  works: `
    (?:translat(?:e|ed|ing|ions?)|re(?:write|word|phrase|ply|spond)|paraphrase|proofread|spell ?check|punctuat(?:e|ion)|commas?|grammar|grammatical(?:ly)?)
    (?:sentiment|classify|categori[sz]e|tone|polite(?:ly)?|rude|formal(?:ly)?|shorten|syllables?|sentence|correct (?:this|the|my))
    (?:how many|count) (?:the )?(?:words|letters|characters|lines|vowels)
  `,
  names: `
    (?:polish|turkey|china|japan|march|may|august|mobile|nice|reading|bath|job|lima|jordan|chad|amazon|apple|windows|word|excel|mercury|swift|rust|python|java|go|oracle|shell|gap|target|visa|discover|slack|zoom|meta|alphabet|square|stripe|ruby|perl|basic|it|us|who|ram|pat|bill|mark|will|rose|grace|hope|faith|joy|dawn|jack|frank|rich|sue|rob|drew|grant|chase|ally|tide|dove|subway|sprint|guinea|cuba|chile|georgia|teams|edge|safari|chrome|signal|discord|notion|keynote|numbers|pages|photos|maps|news|outlook|access)
    (?:react|node|spring|docker|flash|dart|ada|pascal|lisp|titanic|friends|cats|cook|bush|rice|brown|ford|black|king|baker|fisher|young|cork|essen|wales|jersey|lent|mass|sky|orange)
  `,
};
