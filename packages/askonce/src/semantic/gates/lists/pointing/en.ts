/** What points outside the question in English. Own compilation, in folded spelling. */
import type { PointingWords } from './contract.ts';

export const english: PointingWords = {
  alone: `
    (?:but |so |and |then |ok |okay |hm+ )*(?:why|why not|how|how so|how come|when|where|who|which|which ones?|what|what for|how much|how many|how long|how far|how often|for what|since when|says who|where to|with what|what else|who else|anything else|something else|what more|any others?|are there (?:any )?others?|are there more|what then|now what|so what|then what|what next|what now|what happened|what happens next|and then|else)(?: exactly| then| though| is that| please)?
    (?:please )?(?:continue|go on|keep going|carry on|proceed|next|more|more please|elaborate|expand|go ahead|again|repeat|once more|one more|another|another one|another example|more examples|more details?|in more detail|try again|redo|retry|start over|undo|back|stop|resume|rephrase|shorter|longer|simpler|simplify|clarify|explain|explain more|explain further|explain again|explain better|explain why|summari[sz]e|translate|tell me more|give me more|show me more|say more|say it again|give (?:me )?(?:another|an|one more|some) examples?|for example|such as|like what|example|examples|i don't understand|i don't get it|i don't follow|what do you mean|meaning|and|or|finish|complete)
    (?:yes|no|yeah|yep|nope|ok|okay|sure|right|correct|wrong|really|seriously|true|false|maybe|exactly|indeed|great|good|fine|perfect|cool|nice|wow|hmm+|oh|agreed|absolutely|of course|not really|never ?mind|no thanks|yes please|yup|not quite|i see|got it|done)(?: (?:thanks|please|sure))?
    which ones?(?! of)(?:(?! or )[^?,:]){0,40}
    (?:are|r) you (?:sure|certain|serious|kidding)(?: about (?:that|this|it))?
    (?:is|was|isn't) (?:that|this|it) (?:so|right|correct|true|all|it|everything|wrong|good|bad|ok|okay|possible|safe|legal|normal|enough|free|worth it|real)
    (?:the )?(?:first|second|third|fourth|fifth|last|other|next|previous|former|latter|same|both|neither|all of them|none|option [a-z0-9]|number \\d+)(?: (?:one|ones|option))?
    (?:in|for|with|on|to|from|without|at|by|as|using|about|into) (?:[\\p{L}\\p{N}'-]+)(?: [\\p{L}\\p{N}'-]+)?
    (?:what|which|who|how|when|where) (?:[a-z]{2,})
    (?:make|do|write|say|put|try|rewrite|translate|explain|shorten|summari[sz]e|fix|change|convert|format|show|give|send|read|answer) (?:it|this|that|them|these|those)(?: (?:again|shorter|longer|simpler|better|in|to|into|as|more|for|please|a bit|with|less|like|out|down|up|so|instead|formal|funnier)(?![\\p{L}])[^?]*)?
  `,
  followUps: `
    (?:and|but|or|nor|also|plus|then)(?!(?:,? if (?:i|you|we)| so on| then| or ))(?= )
    (?:what|how)(?:'s)? about(?= )
    what if (?:it|they|he|she|this|that|not|so)(?= )
    (?:so|then|ok|okay|and) (?:what|how|why|is|does|do|can|should|which|when|where|who)(?: [a-z]+)? (?:it|that|this|they|he|she|them|those|these)(?![\\p{L}])
    (?:same|the same) (?:question|for|but|with|thing|as)
    (?:instead|otherwise|alternatively|similarly|likewise|rather)[, ]
    (?:any|some|what|which) (?:other|others|alternatives?|more)(?: (?:ones?|options?|ideas?|examples?|suggestions?|ways?|recommendations?|details?))?[?.! ]*$
    (?:give|show|tell|list|suggest|recommend|name)(?: me)? (?:some |a few |two |three |five |ten |\\d+ )?(?:more|another|others?|the rest|alternatives)(?: (?:ones?|options?|ideas?|examples?|suggestions?|like|of|about|details?|recommendations?))*[^?]{0,12}$
    (?:yes|no|ok|okay|right|thanks|great|sure),? (?:but|and|so|now|then|what|how|why|can|could|please)(?= )
  `,
  anywhere: `
    the (?:article|story|email|paper|report|document|message|letter|poem|essay|review) (?:above|below|attached|enclosed)
    the (?:above|below|aforementioned|foregoing|previous (?:question|answer|one|example|message|response|point|text|code)|preceding|attached|attachment|enclosed)(?!(?: average| sea| zero| freezing| ground| the| a))
    (?:(?:mentioned|shown|listed|described|stated|said|discussed) (?:above|below|earlier|previously|before|attached|herein)
    (?:given|provided|written|as|see|text|code|image|picture|table|list|question|example|paragraph|passage) (?:above|below|attached))
    (?:above|below)[- ](?:mentioned|given|text|code|passage|paragraph|sentence|question|image|table|list|statement)
    (?:as|like) (?:mentioned|discussed|i said|you said|stated|before|you mentioned|you explained|we discussed|last time)
    did you (?:just )?(?:say|mention|suggest|recommend|write|tell me|mean)(?: (?:earlier|before|just now|about that|again))?(?=[?.! ]*$)
    you (?:just |already |previously )?(?:said|mentioned|told|wrote|gave|suggested|listed|recommended|explained|described|answered|provided|showed|sent|made|used|generated|created)(?: (?:me |us |that |it )?(?:earlier|before|above|previously|just now))
    (?:you|we) (?:just |already |previously )(?:said|mentioned|told|wrote|gave|suggested|listed|recommended|explained|discussed|talked)
    your (?:last|previous|first|earlier|own|second) (?:answer|reply|response|message|suggestion|point|example|sentence|explanation|code|question|statement|output|version)
    (?:my|our) (?:last|previous|earlier|first|other) (?:question|message|prompt|request|conversation|chat|point)
    the (?:first|second|third|fourth|fifth|last|other|next|same) (?:one|ones|option|point|example|answer|suggestion|item|paragraph|sentence|step|thing|method|approach)(?:,? (?:you|again|above|is|was|please|instead|in more detail|means?))?[?.! ]*$
    (?:near|close to|next to) (?:me|us|here)
    around (?:me|us|here)(?=[?.! ]*$)
    nearby(?=[?.! ]*$)
    (?:nearest|closest) (?:[a-z]+ ?){1,3}(?=[?.! ]*$)
    (?:(?:from|around|over|in|up|down|right|out|like) here|here)[?.!]*$
    (?:in|on|at) (?:this|these|those|that) (?:picture|photo|image|video|text|article|code|chart|graph|table|screenshot|document|file|page|passage|email|link|list|sentence|song|figure|diagram|snippet)(?!s? of| where| when| that| if)
  `,
  pronouns: `
    (?:this|that) one(?! of)
    (?:it|its|it's|they|them|their|theirs|they're|he|him|his|he's|she|her|hers|she's|the former|the latter)
    (?:this|that|that's|thats|these|those|such)(?= (?:is|are|was|were|mean|means|work|works|happen|happens|cost|costs|do|does|look|sound|in|to|for|on|from|with|into|as|again|better|possible|correct|true|right|normal|safe|legal|ok|okay|good|bad|called|so|and|or|but|if|when|by|before|after|like|about|not|can|will|would|should|all|really|happening|still|please|included|free|available|vegan|real|fake|refundable|waterproof|[a-z]{3,}ed)(?![\\p{L}])|[?.!,;: ]*$|[,;?!.])
  `,
  demonstratives: `
    (?:this|these|those)
  `,
  exceptNouns: `
    (?:is|was|a|an|the|app|bank|company|site|website|service|store|shop|platform|hotel|restaurant|airline|way|world|kind|sort|type|point|much|many|day|days|age|time|times|year|years|year's|week|weekend|month|morning|evening|afternoon|season|summer|winter|spring|fall|century|decade|generation|life|earth|planet|moment|quarter|era|semester|november|december|january|february|march|april|may|june|july|august|september|october|monday|tuesday|wednesday|thursday|friday|saturday|sunday|christmas|who|whose|that|which|of|are|were|in|for|and)
  `,
  verbs: `
    (?:mean|means|meant|work|works|worked|working|explain|translate|summari[sz]e|rewrite|rephrase|fix|solve|say|said|tell|write|happen|happens|happened|cost|costs|use|used|using|make|made|look|looks|take|takes|took|think|know|buy|see|show|give|read|call|called|spell|pronounce|improve|correct|check|describe|analy[sz]e|simplify|shorten|expand|convert|compare|find|help|understand|avoid|prevent|stop|prove|implement|run|test|define|continue|repeat|change|apply|handle|like|want|need|try|true|right|wrong|ok|okay|safe|legal|normal|good|bad|correct|possible|enough|different|better|live|born|die|died|old|tall|big|far|long|much|many|often|invented|invent|discovered|created|made|wrote|start|started|end|ended|come|came|eat|come|feel|sound|affect|differ|exactly|still|always|often|calculate|calculated|pay|do|done|cause|causes|caused|built|located|founded|married|famous|important|available|popular|bigger|located|open|opened|closed|free|expensive|hard|easy|worth|fit|belong|compatible|included|covered|refundable|waterproof|vegan|sell|sold|ship|deliver|return|cancel|get|won|win|lose|lost|leave|left|arrive|real|fake)
  `,
  expletives: `
    (?:is|was|isn't|wasn't|will|would|could|might|does|should|can|makes?|made|find|found|think|thinks|believe|consider|has|had|be|been|becoming|become) it(?:'s| is| be| been| seem| seems| take| takes| cost| costs| matter| feel| look| sound| make| mean| hurt| help| still| always| really| ever| even| just| so| too| very| all| not| considered| getting| more| have| look| actually| generally| a| an| the| any| okay| ok| to)* [^,?]*(?:to|that|if|for|when|whether|how|[a-z]{3,}ing|without|of|who|as|because|being|like|in|on|at|after|before|during|with|from)(?![\\p{L}])
    (?:is|was|isn't|if|when|how (?:long|much|many|hard|easy|far|often|difficult|expensive|safe|common|likely|important|bad|good|normal)|why|what)(?: (?:is|does|would|did|will|was|has|can|might))* it (?:just me|take|takes|cost|costs|possible|legal|illegal|safe|normal|ok|okay|bad|good|worth|true|important|necessary|hard|easy|difficult|common|like|feel|mean|hurt|rain|rains|snow|dark|late|early|cold|hot|better|best|called|that|be|been|so|to|required|considered|matter|said|wise|recommended|advisable|rude|weird|wrong|healthy|dangerous|harmful|cheaper|compulsory|mandatory|enough|too late|humanly|ethical|a good|a bad|the case|useful)(?: [^?]*)?(?:to|that|if|for|when|whether|like|or|[a-z]{3,}ing|in|on|of|with|without|at|during|as|after|before|from|who|inside|under)(?![\\p{L}])
    it(?:'s| is| was| would be| will be| can be| may be) (?:[a-z]+ ){1,3}(?:to|that|if|when|for)(?![\\p{L}])
    (?:it|that|this|what) (?:is|was|'s)? ?(?:said|known|true|possible|believed|called|raining|snowing|time|like (?:to|being|living|in|working))
    (?:what|that|this) it (?:is|was|takes|means|feels|looks) (?:like )?(?:to|like)
    (?:all|so|such|now|given|the fact|in order|provided|assuming|say|mean|means|know|think|believe|sure|afraid|feel|sign|signs|proof|prove|way|reason|times?|things?|people|those|something|anything|everything|someone|one|ones|tell|see|true|possible|likely|ensure|wish|hope|idea|shows?|argue|claim) that
    (?<!(?:does|do|did|will|would|can|could|should|is|was) )that (?:the|a|an|i|you|we|my|your|there|is|are|can|will|people|most|has|have|was|were|some|no|all|would|do|does|help|helps|could|should|make|makes|contain|contains|start|starts|end|ends|allow|allows|work|works|need|use|uses|give|gives|cause|causes|come|comes|offer|offers|deal|accept|sell|take|takes|go|goes|does|don't|doesn't|aren't|isn't|can't|won't)(?![\\p{L}])
    those (?:who|that|of|with|in|from)
    (?:do|why do|did|when did|how do|what do) they (?:call|say|make|put|teach|use)(?: [a-z]+)+
    such (?:as|a|an|that)
    (?:what's|what is|whats|how's|what was) it like
    (?:call|make|made|do|get|got) it (?:a|when|if|to|in|big|past|through|as)
    (?:his|her|their) or (?:her|his)
    (?:he|him|his) or (?:she|her|hers)
  `,
  subjectless: '(?!)',
};
