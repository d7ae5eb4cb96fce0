const Z="souffleur.token";function nt(){const n=new URLSearchParams(location.hash.slice(1)),e={token:n.get("token"),conversation:n.get("conversation"),lang:n.get("lang")};if(e.token!==null){n.delete("token");const t=n.toString();history.replaceState(null,"",location.pathname+location.search+(t?`#${t}`:""))}return e}function st(){try{return sessionStorage.getItem(Z)}catch{return null}}function ue(n){try{n===null?sessionStorage.removeItem(Z):sessionStorage.setItem(Z,n)}catch{}}const U=globalThis,ee=U.ShadowRoot&&(U.ShadyCSS===void 0||U.ShadyCSS.nativeShadow)&&"adoptedStyleSheets"in Document.prototype&&"replace"in CSSStyleSheet.prototype,te=Symbol(),he=new WeakMap;let Re=class{constructor(e,t,s){if(this._$cssResult$=!0,s!==te)throw Error("CSSResult is not constructable. Use `unsafeCSS` or `css` instead.");this.cssText=e,this.t=t}get styleSheet(){let e=this.o;const t=this.t;if(ee&&e===void 0){const s=t!==void 0&&t.length===1;s&&(e=he.get(t)),e===void 0&&((this.o=e=new CSSStyleSheet).replaceSync(this.cssText),s&&he.set(t,e))}return e}toString(){return this.cssText}};const it=n=>new Re(typeof n=="string"?n:n+"",void 0,te),S=(n,...e)=>{const t=n.length===1?n[0]:e.reduce((s,i,r)=>s+(o=>{if(o._$cssResult$===!0)return o.cssText;if(typeof o=="number")return o;throw Error("Value passed to 'css' function must be a 'css' function result: "+o+". Use 'unsafeCSS' to pass non-literal values, but take care to ensure page security.")})(i)+n[r+1],n[0]);return new Re(t,n,te)},rt=(n,e)=>{if(ee)n.adoptedStyleSheets=e.map(t=>t instanceof CSSStyleSheet?t:t.styleSheet);else for(const t of e){const s=document.createElement("style"),i=U.litNonce;i!==void 0&&s.setAttribute("nonce",i),s.textContent=t.cssText,n.appendChild(s)}},pe=ee?n=>n:n=>n instanceof CSSStyleSheet?(e=>{let t="";for(const s of e.cssRules)t+=s.cssText;return it(t)})(n):n;const{is:ot,defineProperty:at,getOwnPropertyDescriptor:lt,getOwnPropertyNames:ct,getOwnPropertySymbols:dt,getPrototypeOf:ut}=Object,F=globalThis,fe=F.trustedTypes,ht=fe?fe.emptyScript:"",pt=F.reactiveElementPolyfillSupport,R=(n,e)=>n,J={toAttribute(n,e){switch(e){case Boolean:n=n?ht:null;break;case Object:case Array:n=n==null?n:JSON.stringify(n)}return n},fromAttribute(n,e){let t=n;switch(e){case Boolean:t=n!==null;break;case Number:t=n===null?null:Number(n);break;case Object:case Array:try{t=JSON.parse(n)}catch{t=null}}return t}},Pe=(n,e)=>!ot(n,e),me={attribute:!0,type:String,converter:J,reflect:!1,useDefault:!1,hasChanged:Pe};Symbol.metadata??=Symbol("metadata"),F.litPropertyMetadata??=new WeakMap;let C=class extends HTMLElement{static addInitializer(e){this._$Ei(),(this.l??=[]).push(e)}static get observedAttributes(){return this.finalize(),this._$Eh&&[...this._$Eh.keys()]}static createProperty(e,t=me){if(t.state&&(t.attribute=!1),this._$Ei(),this.prototype.hasOwnProperty(e)&&((t=Object.create(t)).wrapped=!0),this.elementProperties.set(e,t),!t.noAccessor){const s=Symbol(),i=this.getPropertyDescriptor(e,s,t);i!==void 0&&at(this.prototype,e,i)}}static getPropertyDescriptor(e,t,s){const{get:i,set:r}=lt(this.prototype,e)??{get(){return this[t]},set(o){this[t]=o}};return{get:i,set(o){const l=i?.call(this);r?.call(this,o),this.requestUpdate(e,l,s)},configurable:!0,enumerable:!0}}static getPropertyOptions(e){return this.elementProperties.get(e)??me}static _$Ei(){if(this.hasOwnProperty(R("elementProperties")))return;const e=ut(this);e.finalize(),e.l!==void 0&&(this.l=[...e.l]),this.elementProperties=new Map(e.elementProperties)}static finalize(){if(this.hasOwnProperty(R("finalized")))return;if(this.finalized=!0,this._$Ei(),this.hasOwnProperty(R("properties"))){const t=this.properties,s=[...ct(t),...dt(t)];for(const i of s)this.createProperty(i,t[i])}const e=this[Symbol.metadata];if(e!==null){const t=litPropertyMetadata.get(e);if(t!==void 0)for(const[s,i]of t)this.elementProperties.set(s,i)}this._$Eh=new Map;for(const[t,s]of this.elementProperties){const i=this._$Eu(t,s);i!==void 0&&this._$Eh.set(i,t)}this.elementStyles=this.finalizeStyles(this.styles)}static finalizeStyles(e){const t=[];if(Array.isArray(e)){const s=new Set(e.flat(1/0).reverse());for(const i of s)t.unshift(pe(i))}else e!==void 0&&t.push(pe(e));return t}static _$Eu(e,t){const s=t.attribute;return s===!1?void 0:typeof s=="string"?s:typeof e=="string"?e.toLowerCase():void 0}constructor(){super(),this._$Ep=void 0,this.isUpdatePending=!1,this.hasUpdated=!1,this._$Em=null,this._$Ev()}_$Ev(){this._$ES=new Promise(e=>this.enableUpdating=e),this._$AL=new Map,this._$E_(),this.requestUpdate(),this.constructor.l?.forEach(e=>e(this))}addController(e){(this._$EO??=new Set).add(e),this.renderRoot!==void 0&&this.isConnected&&e.hostConnected?.()}removeController(e){this._$EO?.delete(e)}_$E_(){const e=new Map,t=this.constructor.elementProperties;for(const s of t.keys())this.hasOwnProperty(s)&&(e.set(s,this[s]),delete this[s]);e.size>0&&(this._$Ep=e)}createRenderRoot(){const e=this.shadowRoot??this.attachShadow(this.constructor.shadowRootOptions);return rt(e,this.constructor.elementStyles),e}connectedCallback(){this.renderRoot??=this.createRenderRoot(),this.enableUpdating(!0),this._$EO?.forEach(e=>e.hostConnected?.())}enableUpdating(e){}disconnectedCallback(){this._$EO?.forEach(e=>e.hostDisconnected?.())}attributeChangedCallback(e,t,s){this._$AK(e,s)}_$ET(e,t){const s=this.constructor.elementProperties.get(e),i=this.constructor._$Eu(e,s);if(i!==void 0&&s.reflect===!0){const r=(s.converter?.toAttribute!==void 0?s.converter:J).toAttribute(t,s.type);this._$Em=e,r==null?this.removeAttribute(i):this.setAttribute(i,r),this._$Em=null}}_$AK(e,t){const s=this.constructor,i=s._$Eh.get(e);if(i!==void 0&&this._$Em!==i){const r=s.getPropertyOptions(i),o=typeof r.converter=="function"?{fromAttribute:r.converter}:r.converter?.fromAttribute!==void 0?r.converter:J;this._$Em=i;const l=o.fromAttribute(t,r.type);this[i]=l??this._$Ej?.get(i)??l,this._$Em=null}}requestUpdate(e,t,s,i=!1,r){if(e!==void 0){const o=this.constructor;if(i===!1&&(r=this[e]),s??=o.getPropertyOptions(e),!((s.hasChanged??Pe)(r,t)||s.useDefault&&s.reflect&&r===this._$Ej?.get(e)&&!this.hasAttribute(o._$Eu(e,s))))return;this.C(e,t,s)}this.isUpdatePending===!1&&(this._$ES=this._$EP())}C(e,t,{useDefault:s,reflect:i,wrapped:r},o){s&&!(this._$Ej??=new Map).has(e)&&(this._$Ej.set(e,o??t??this[e]),r!==!0||o!==void 0)||(this._$AL.has(e)||(this.hasUpdated||s||(t=void 0),this._$AL.set(e,t)),i===!0&&this._$Em!==e&&(this._$Eq??=new Set).add(e))}async _$EP(){this.isUpdatePending=!0;try{await this._$ES}catch(t){Promise.reject(t)}const e=this.scheduleUpdate();return e!=null&&await e,!this.isUpdatePending}scheduleUpdate(){return this.performUpdate()}performUpdate(){if(!this.isUpdatePending)return;if(!this.hasUpdated){if(this.renderRoot??=this.createRenderRoot(),this._$Ep){for(const[i,r]of this._$Ep)this[i]=r;this._$Ep=void 0}const s=this.constructor.elementProperties;if(s.size>0)for(const[i,r]of s){const{wrapped:o}=r,l=this[i];o!==!0||this._$AL.has(i)||l===void 0||this.C(i,void 0,r,l)}}let e=!1;const t=this._$AL;try{e=this.shouldUpdate(t),e?(this.willUpdate(t),this._$EO?.forEach(s=>s.hostUpdate?.()),this.update(t)):this._$EM()}catch(s){throw e=!1,this._$EM(),s}e&&this._$AE(t)}willUpdate(e){}_$AE(e){this._$EO?.forEach(t=>t.hostUpdated?.()),this.hasUpdated||(this.hasUpdated=!0,this.firstUpdated(e)),this.updated(e)}_$EM(){this._$AL=new Map,this.isUpdatePending=!1}get updateComplete(){return this.getUpdateComplete()}getUpdateComplete(){return this._$ES}shouldUpdate(e){return!0}update(e){this._$Eq&&=this._$Eq.forEach(t=>this._$ET(t,this[t])),this._$EM()}updated(e){}firstUpdated(e){}};C.elementStyles=[],C.shadowRootOptions={mode:"open"},C[R("elementProperties")]=new Map,C[R("finalized")]=new Map,pt?.({ReactiveElement:C}),(F.reactiveElementVersions??=[]).push("2.1.2");const ne=globalThis,ge=n=>n,j=ne.trustedTypes,ve=j?j.createPolicy("lit-html",{createHTML:n=>n}):void 0,qe="$lit$",$=`lit$${Math.random().toFixed(9).slice(2)}$`,Ie="?"+$,ft=`<${Ie}>`,A=document,I=()=>A.createComment(""),z=n=>n===null||typeof n!="object"&&typeof n!="function",se=Array.isArray,mt=n=>se(n)||typeof n?.[Symbol.iterator]=="function",Q=`[ 	
\f\r]`,N=/<(?:(!--|\/[^a-zA-Z])|(\/?[a-zA-Z][^>\s]*)|(\/?$))/g,be=/-->/g,ye=/>/g,k=RegExp(`>|${Q}(?:([^\\s"'>=/]+)(${Q}*=${Q}*(?:[^ 	
\f\r"'\`<>=]|("|')|))|$)`,"g"),$e=/'/g,we=/"/g,ze=/^(?:script|style|textarea|title)$/i,De=n=>(e,...t)=>({_$litType$:n,strings:e,values:t}),a=De(1),m=De(2),w=Symbol.for("lit-noChange"),d=Symbol.for("lit-nothing"),ke=new WeakMap,_=A.createTreeWalker(A,129);function He(n,e){if(!se(n)||!n.hasOwnProperty("raw"))throw Error("invalid template strings array");return ve!==void 0?ve.createHTML(e):e}const gt=(n,e)=>{const t=n.length-1,s=[];let i,r=e===2?"<svg>":e===3?"<math>":"",o=N;for(let l=0;l<t;l++){const c=n[l];let p,v,u=-1,f=0;for(;f<c.length&&(o.lastIndex=f,v=o.exec(c),v!==null);)f=o.lastIndex,o===N?v[1]==="!--"?o=be:v[1]!==void 0?o=ye:v[2]!==void 0?(ze.test(v[2])&&(i=RegExp("</"+v[2],"g")),o=k):v[3]!==void 0&&(o=k):o===k?v[0]===">"?(o=i??N,u=-1):v[1]===void 0?u=-2:(u=o.lastIndex-v[2].length,p=v[1],o=v[3]===void 0?k:v[3]==='"'?we:$e):o===we||o===$e?o=k:o===be||o===ye?o=N:(o=k,i=void 0);const h=o===k&&n[l+1].startsWith("/>")?" ":"";r+=o===N?c+ft:u>=0?(s.push(p),c.slice(0,u)+qe+c.slice(u)+$+h):c+$+(u===-2?l:h)}return[He(n,r+(n[t]||"<?>")+(e===2?"</svg>":e===3?"</math>":"")),s]};class D{constructor({strings:e,_$litType$:t},s){let i;this.parts=[];let r=0,o=0;const l=e.length-1,c=this.parts,[p,v]=gt(e,t);if(this.el=D.createElement(p,s),_.currentNode=this.el.content,t===2||t===3){const u=this.el.content.firstChild;u.replaceWith(...u.childNodes)}for(;(i=_.nextNode())!==null&&c.length<l;){if(i.nodeType===1){if(i.hasAttributes())for(const u of i.getAttributeNames())if(u.endsWith(qe)){const f=v[o++],h=i.getAttribute(u).split($),b=/([.?@])?(.*)/.exec(f);c.push({type:1,index:r,name:b[2],strings:h,ctor:b[1]==="."?bt:b[1]==="?"?yt:b[1]==="@"?$t:W}),i.removeAttribute(u)}else u.startsWith($)&&(c.push({type:6,index:r}),i.removeAttribute(u));if(ze.test(i.tagName)){const u=i.textContent.split($),f=u.length-1;if(f>0){i.textContent=j?j.emptyScript:"";for(let h=0;h<f;h++)i.append(u[h],I()),_.nextNode(),c.push({type:2,index:++r});i.append(u[f],I())}}}else if(i.nodeType===8)if(i.data===Ie)c.push({type:2,index:r});else{let u=-1;for(;(u=i.data.indexOf($,u+1))!==-1;)c.push({type:7,index:r}),u+=$.length-1}r++}}static createElement(e,t){const s=A.createElement("template");return s.innerHTML=e,s}}function T(n,e,t=n,s){if(e===w)return e;let i=s!==void 0?t._$Co?.[s]:t._$Cl;const r=z(e)?void 0:e._$litDirective$;return i?.constructor!==r&&(i?._$AO?.(!1),r===void 0?i=void 0:(i=new r(n),i._$AT(n,t,s)),s!==void 0?(t._$Co??=[])[s]=i:t._$Cl=i),i!==void 0&&(e=T(n,i._$AS(n,e.values),i,s)),e}class vt{constructor(e,t){this._$AV=[],this._$AN=void 0,this._$AD=e,this._$AM=t}get parentNode(){return this._$AM.parentNode}get _$AU(){return this._$AM._$AU}u(e){const{el:{content:t},parts:s}=this._$AD,i=(e?.creationScope??A).importNode(t,!0);_.currentNode=i;let r=_.nextNode(),o=0,l=0,c=s[0];for(;c!==void 0;){if(o===c.index){let p;c.type===2?p=new M(r,r.nextSibling,this,e):c.type===1?p=new c.ctor(r,c.name,c.strings,this,e):c.type===6&&(p=new wt(r,this,e)),this._$AV.push(p),c=s[++l]}o!==c?.index&&(r=_.nextNode(),o++)}return _.currentNode=A,i}p(e){let t=0;for(const s of this._$AV)s!==void 0&&(s.strings!==void 0?(s._$AI(e,s,t),t+=s.strings.length-2):s._$AI(e[t])),t++}}class M{get _$AU(){return this._$AM?._$AU??this._$Cv}constructor(e,t,s,i){this.type=2,this._$AH=d,this._$AN=void 0,this._$AA=e,this._$AB=t,this._$AM=s,this.options=i,this._$Cv=i?.isConnected??!0}get parentNode(){let e=this._$AA.parentNode;const t=this._$AM;return t!==void 0&&e?.nodeType===11&&(e=t.parentNode),e}get startNode(){return this._$AA}get endNode(){return this._$AB}_$AI(e,t=this){e=T(this,e,t),z(e)?e===d||e==null||e===""?(this._$AH!==d&&this._$AR(),this._$AH=d):e!==this._$AH&&e!==w&&this._(e):e._$litType$!==void 0?this.$(e):e.nodeType!==void 0?this.T(e):mt(e)?this.k(e):this._(e)}O(e){return this._$AA.parentNode.insertBefore(e,this._$AB)}T(e){this._$AH!==e&&(this._$AR(),this._$AH=this.O(e))}_(e){this._$AH!==d&&z(this._$AH)?this._$AA.nextSibling.data=e:this.T(A.createTextNode(e)),this._$AH=e}$(e){const{values:t,_$litType$:s}=e,i=typeof s=="number"?this._$AC(e):(s.el===void 0&&(s.el=D.createElement(He(s.h,s.h[0]),this.options)),s);if(this._$AH?._$AD===i)this._$AH.p(t);else{const r=new vt(i,this),o=r.u(this.options);r.p(t),this.T(o),this._$AH=r}}_$AC(e){let t=ke.get(e.strings);return t===void 0&&ke.set(e.strings,t=new D(e)),t}k(e){se(this._$AH)||(this._$AH=[],this._$AR());const t=this._$AH;let s,i=0;for(const r of e)i===t.length?t.push(s=new M(this.O(I()),this.O(I()),this,this.options)):s=t[i],s._$AI(r),i++;i<t.length&&(this._$AR(s&&s._$AB.nextSibling,i),t.length=i)}_$AR(e=this._$AA.nextSibling,t){for(this._$AP?.(!1,!0,t);e!==this._$AB;){const s=ge(e).nextSibling;ge(e).remove(),e=s}}setConnected(e){this._$AM===void 0&&(this._$Cv=e,this._$AP?.(e))}}class W{get tagName(){return this.element.tagName}get _$AU(){return this._$AM._$AU}constructor(e,t,s,i,r){this.type=1,this._$AH=d,this._$AN=void 0,this.element=e,this.name=t,this._$AM=i,this.options=r,s.length>2||s[0]!==""||s[1]!==""?(this._$AH=Array(s.length-1).fill(new String),this.strings=s):this._$AH=d}_$AI(e,t=this,s,i){const r=this.strings;let o=!1;if(r===void 0)e=T(this,e,t,0),o=!z(e)||e!==this._$AH&&e!==w,o&&(this._$AH=e);else{const l=e;let c,p;for(e=r[0],c=0;c<r.length-1;c++)p=T(this,l[s+c],t,c),p===w&&(p=this._$AH[c]),o||=!z(p)||p!==this._$AH[c],p===d?e=d:e!==d&&(e+=(p??"")+r[c+1]),this._$AH[c]=p}o&&!i&&this.j(e)}j(e){e===d?this.element.removeAttribute(this.name):this.element.setAttribute(this.name,e??"")}}class bt extends W{constructor(){super(...arguments),this.type=3}j(e){this.element[this.name]=e===d?void 0:e}}class yt extends W{constructor(){super(...arguments),this.type=4}j(e){this.element.toggleAttribute(this.name,!!e&&e!==d)}}class $t extends W{constructor(e,t,s,i,r){super(e,t,s,i,r),this.type=5}_$AI(e,t=this){if((e=T(this,e,t,0)??d)===w)return;const s=this._$AH,i=e===d&&s!==d||e.capture!==s.capture||e.once!==s.once||e.passive!==s.passive,r=e!==d&&(s===d||i);i&&this.element.removeEventListener(this.name,this,s),r&&this.element.addEventListener(this.name,this,e),this._$AH=e}handleEvent(e){typeof this._$AH=="function"?this._$AH.call(this.options?.host??this.element,e):this._$AH.handleEvent(e)}}class wt{constructor(e,t,s){this.element=e,this.type=6,this._$AN=void 0,this._$AM=t,this.options=s}get _$AU(){return this._$AM._$AU}_$AI(e){T(this,e)}}const kt={I:M},xt=ne.litHtmlPolyfillSupport;xt?.(D,M),(ne.litHtmlVersions??=[]).push("3.3.3");const _t=(n,e,t)=>{const s=t?.renderBefore??e;let i=s._$litPart$;if(i===void 0){const r=t?.renderBefore??null;s._$litPart$=i=new M(e.insertBefore(I(),r),r,void 0,t??{})}return i._$AI(n),i};const ie=globalThis;let P=class extends C{constructor(){super(...arguments),this.renderOptions={host:this},this._$Do=void 0}createRenderRoot(){const e=super.createRenderRoot();return this.renderOptions.renderBefore??=e.firstChild,e}update(e){const t=this.render();this.hasUpdated||(this.renderOptions.isConnected=this.isConnected),super.update(e),this._$Do=_t(t,this.renderRoot,this.renderOptions)}connectedCallback(){super.connectedCallback(),this._$Do?.setConnected(!0)}disconnectedCallback(){super.disconnectedCallback(),this._$Do?.setConnected(!1)}render(){return w}};P._$litElement$=!0,P.finalized=!0,ie.litElementHydrateSupport?.({LitElement:P});const At=ie.litElementPolyfillSupport;At?.({LitElement:P});(ie.litElementVersions??=[]).push("4.2.2");const St=300,Et=1e4,Ct=5e3,Tt=3e3,xe=8e3,Mt={1008:"forbidden",4401:"signed_out",4403:"forbidden",4404:"unknown",4409:"superseded"};class Ot{constructor(e){this.options=e,this.socket=null,this.attempt=0,this.generation=0,this.timer=0,this.everLive=!1,this.current="stopped",this.retryNow=()=>{this.current==="live"||this.current==="stopped"||(this.attempt=0,this.abandon(),this.connect())},this.dropNow=()=>{this.current==="live"&&this.again(0)}}get state(){return this.current}start(){window.addEventListener("online",this.retryNow),window.addEventListener("offline",this.dropNow),this.connect()}stop(){window.removeEventListener("online",this.retryNow),window.removeEventListener("offline",this.dropNow),this.abandon(),this.set("stopped")}send(e){return this.current!=="live"||this.socket?.readyState!==WebSocket.OPEN?!1:(this.socket.send(JSON.stringify(e)),!0)}set(e){this.current!==e&&(this.current=e,this.options.onState(e))}abandon(){this.generation+=1,window.clearTimeout(this.timer),this.socket?.close(1e3),this.socket=null}again(e){this.abandon(),this.set(this.everLive?"reconnecting":"connecting");const t=Math.min(Et,St*2**this.attempt);this.attempt+=1;const s=Math.max(e,t*(.5+Math.random()/2));this.timer=window.setTimeout(()=>{this.connect()},s)}rest(e){this.set(e),e==="unknown"&&(this.timer=window.setTimeout(()=>{this.connect()},Tt))}async connect(){const e=this.generation;this.current!=="unknown"&&this.set(this.everLive?"reconnecting":"connecting");const t=await this.ticket();if(e!==this.generation)return;if(typeof t=="object"){"retryAfterMs"in t?this.again(t.retryAfterMs):this.rest(t.state);return}const s=new URL("/v1/adviser/stream",this.options.base);s.protocol=s.protocol==="https:"?"wss:":"ws:",this.options.conversationId!==null&&s.searchParams.set("conversation_id",this.options.conversationId);const i=new WebSocket(s,["souffleur.v1",`ticket.${t}`]);this.socket=i,this.timer=window.setTimeout(()=>{e===this.generation&&this.again(0)},xe),i.onopen=()=>{if(e!==this.generation)return;const r=this.options.lastEventId();r!==null&&i.send(JSON.stringify({type:"resume",last_event_id:r}))},i.onmessage=r=>{e===this.generation&&(window.clearTimeout(this.timer),this.attempt=0,this.everLive=!0,this.set("live"),this.options.onFrame(JSON.parse(r.data)))},i.onclose=r=>{if(e!==this.generation)return;const o=Mt[r.code];if(o===void 0){this.again(r.code===4429||r.code===1013?Ct:0);return}this.abandon(),this.rest(o)}}async ticket(){const{base:e,token:t,conversationId:s}=this.options;try{const i=await fetch(new URL("/v1/tickets",e),{method:"POST",headers:{authorization:`Bearer ${t}`,"content-type":"application/json"},body:JSON.stringify(s===null?{}:{conversation_id:s}),signal:AbortSignal.timeout(xe)});return i.ok?(await i.json()).ticket:i.status===401?{state:"signed_out"}:i.status===403?{state:"forbidden"}:i.status===404?{state:"unknown"}:{retryAfterMs:1e3*Number(i.headers.get("retry-after")??0)||0}}catch{return{retryAfterMs:0}}}}function _e(n,e,t){return n.current!==null&&(n.picked||!t)?n.current:e.filter(r=>r.ended_at===null&&r.id!==n.current).reduce((r,o)=>r===null||Date.parse(o.started_at)>Date.parse(r.started_at)?o:r,null)?.id??n.current}function Nt(n,e){const[t=0,s=0]=n.split("-").map(Number),[i=0,r=0]=e.split("-").map(Number);return t-i||s-r}function Lt(n,e){return Nt(e.id,n.cursor)<=0?n:{cursor:e.id,screen:Rt(n.screen,e)}}function gs(n){return{conversation_id:n,channel:null,language:null,started_at:null,ended_at:null,turns:[],partials:[],analyses:{},mood:[],intent:null,intent_turn_id:null,moments:[],customer:null,cards:[],preferences:{language:null,quiet:!1,cards_per_minute:4,kinds:{}},degraded:{}}}function Rt(n,e){switch(e.type){case"conversation.started":return{...n,channel:e.data.channel,language:e.data.language,started_at:e.time};case"conversation.transferred":return n;case"conversation.ended":return{...n,ended_at:e.time,partials:[]};case"turn.partial":return Pt(n,e.data);case"turn.final":return qt(n,e.data);case"turn.analysed":return It(n,e.data);case"moment.detected":return{...n,moments:zt(n.moments,e.data)};case"context.updated":return{...n,customer:e.data.customer};case"suggestion.offered":case"suggestion.updated":return{...n,cards:Ht(n.cards,e.data.suggestion,e.data.held)};case"suggestion.withdrawn":case"suggestion.expired":return{...n,cards:n.cards.filter(t=>t.suggestion.id!==e.data.suggestion_id||re.includes(t.state))};case"suggestion.shown":case"suggestion.accepted":case"suggestion.edited":case"suggestion.dismissed":return{...n,cards:Ut(n.cards,e.data.suggestion_id,Dt[e.type])};case"preferences.changed":return{...n,preferences:e.data};case"service.degraded":return{...n,degraded:{...n.degraded,[e.data.service]:e.data.reason}};case"service.restored":{const{[e.data.service]:t,...s}=n.degraded;return{...n,degraded:s}}default:return n}}function Pt(n,e){return n.turns.some(t=>t.id===e.id)?n:{...n,partials:Ue(n.partials,e)}}function qt(n,e){return{...n,turns:Ue(n.turns,e),partials:n.partials.filter(t=>t.id!==e.id)}}function Ue(n,e){const t=n.filter(s=>s.id!==e.id);return je(t,e,s=>s.start_ms)}function je(n,e,t){const s=n.findLastIndex(i=>t(i)<=t(e))+1;return n.toSpliced(s,0,e)}function It(n,e){const t={...n,analyses:{...n.analyses,[e.turn_id]:e}},{sentiment:s,intent:i}=e.predictions;i&&i.label!==null&&(t.intent=i,t.intent_turn_id=e.turn_id);const r=n.turns.find(o=>o.id===e.turn_id);if(r?.role==="customer"&&s&&s.label!==null&&s.score!==null){const o={turn_id:r.id,at_ms:r.end_ms,label:s.label,score:s.score,confidence:s.confidence},l=n.mood.filter(c=>c.turn_id!==r.id);t.mood=je(l,o,c=>c.at_ms)}return t}function zt(n,e){const t=n.findIndex(s=>s.turn_id===e.turn_id&&s.moment===e.moment);return t<0?[...n,e]:n.with(t,e)}const re=["accepted","edited","dismissed"],Dt={"suggestion.shown":"shown","suggestion.accepted":"accepted","suggestion.edited":"edited","suggestion.dismissed":"dismissed"};function Ht(n,e,t){const s=n.findIndex(l=>l.suggestion.id===e.id),i=n[s];if(i===void 0)return[...n,{suggestion:e,state:t?"held":"offered"}];const o=re.includes(i.state)||!t&&i.state==="shown"?i.state:t?"held":"offered";return n.with(s,{suggestion:e,state:o})}function Ut(n,e,t){return n.map(s=>s.suggestion.id===e&&(t!=="shown"||!re.includes(s.state))?{...s,state:t}:s)}class jt{constructor(e,t){this.base=e,this.changed=t,this.token=null,this.tokenRefused=!1,this.folded=null,this.labels={},this.conversations=[],this.current=null,this.outages=[],this.refusal=null,this.picked=!1,this.pinned=!1,this.lobby=null,this.stream=null}signIn(e,t){this.close(),this.token=e,this.tokenRefused=!1,ue(e),this.pinned=t!==null,this.pinned?this.show(t):(this.lobby=this.open(null),this.lobby.start(),this.current!==null&&this.show(this.current)),this.changed()}signOut(e=!1){this.close(),this.token=null,this.tokenRefused=e,e||(this.folded=null,this.current=null,this.picked=!1,this.conversations=[]),ue(null),this.changed()}close(){this.lobby?.stop(),this.stream?.stop(),this.lobby=null,this.stream=null}pick(e){this.picked=!0,e!==this.current&&this.show(e),this.changed()}join(e){this.picked=!1,this.show(e),this.changed()}followNext(){this.picked=!1,this.followNewest(),this.changed()}retry(){this.stream?.retryNow(),this.lobby?.retryNow()}send(e){return this.stream?.send(e)??!1}dismissRefusal(){this.refusal=null,this.changed()}get ended(){return this.folded!==null&&this.folded.screen.ended_at!==null}get linkState(){return(this.stream??this.lobby)?.state??"stopped"}get phase(){if(this.token===null)return"signed_out";const e=this.linkState;return e==="forbidden"||e==="unknown"||e==="superseded"?e:this.folded!==null?"showing":this.current!==null?"joining":e==="live"?"waiting":"connecting"}get next(){if(!this.ended||this.pinned)return null;const e=_e({current:this.current,picked:!1},this.conversations,!0);return e===this.current?null:e}show(e){this.stream?.stop(),e!==this.current&&(this.folded=null),this.current=e,this.refusal=null,this.outages=[],this.stream=e===null?null:this.open(e),this.stream?.start()}open(e){return new Ot({base:this.base(),token:this.token??"",conversationId:e,onFrame:t=>this.hear(t),onState:t=>{e!==null&&t!=="live"&&(this.outages=[]),t==="signed_out"?this.signOut(!0):this.changed()},lastEventId:()=>e===null?null:this.folded?.cursor??null})}hear(e){switch(e.type){case"snapshot":this.folded={cursor:e.cursor,screen:e.screen},this.labels=e.labels;break;case"event":this.folded!==null&&(this.folded=Lt(this.folded,e.event));break;case"conversations":this.conversations=e.items;break;case"degraded":case"restored":{const t=this.outages.filter(s=>s!==e.service);this.outages=e.type==="degraded"?[...t,e.service]:t;break}case"error":this.refusal=e.detail;break}this.followNewest(),this.changed()}followNewest(){if(this.pinned)return;const e=_e({current:this.current,picked:this.picked},this.conversations,this.ended||this.linkState==="unknown"||this.linkState==="forbidden");e!==this.current&&this.show(e)}}const Bt={a:"accept",d:"dismiss",w:"why",s:"pull",q:"quiet",c:"speaker"};function Ft(n){if(!n.altKey||n.ctrlKey||n.metaKey||n.shiftKey)return null;const e=n.key.toLowerCase(),t=/^[a-z]$/.test(e)?e:n.code.replace(/^Key/,"").toLowerCase();return Bt[t]??null}const Wt={productTagline:"It prompts, you act.",skipToSuggestions:"Skip to suggestions","channel.voice":"Call","channel.chat":"Chat","channel.email":"Email","channel.messaging":"Messaging","channel.chatbot":"Chatbot","channel.self_service":"Self-service","channel.shop":"Shop","channel.letter":"Letter","role.customer":"Customer","role.adviser":"You","role.bot":"Automated assistant","turn.speaking":"speaking…","link.connecting":"Connecting…","link.live":"Live","link.reconnecting":"Reconnecting…","link.signed_out":"Signed out","link.forbidden":"Access denied","link.unknown":"Not found","link.superseded":"Open elsewhere","link.stopped":"Stopped","link.ended":"Ended","link.ready":"Connected","state.connectingTitle":"Connecting","state.connectingBody":"The panel is reaching the service.","state.waitingTitle":"No conversation right now","state.waitingBody":"The next one will open here by itself.","state.joiningTitle":"Opening the conversation","state.joiningBody":"One moment, the screen is on its way.","state.reconnecting":"Connection lost: this is the last known screen. It will catch up as soon as the connection is back.","state.ended":"This conversation has ended.","state.next":"Another conversation is live.","state.follow":"Show it","state.forbiddenTitle":"You do not have access to this conversation","state.forbiddenBody":"Ask the person who runs Souffleur in your company for it.","state.unknownTitle":"Conversation not found","state.unknownBody":"It has not begun, or it has been erased. The panel will open it as soon as it exists.","state.supersededTitle":"The panel is open in another window","state.supersededBody":"It updates in one window at a time.","state.resumeHere":"Resume here","state.retry":"Try again","degraded.transcribe":"Transcription is interrupted. Suggestions will come back with it; everything else works.","degraded.assist":"Analysis is interrupted: no intent and no suggestions for now. The conversation still shows.","degraded.journal":"The service is interrupted: nothing new shows for the moment. The screen will catch up by itself.","degraded.other":"Part of the service is interrupted. Everything else works.","signin.title":"Open the panel","signin.body":"Paste your access token. It is kept in this tab only.","signin.expired":"Your token is no longer valid. Paste a new one.","signin.label":"Access token","signin.submit":"Continue","signin.signOut":"Sign out","header.quiet":"Quiet mode","header.quietOn":"Quiet mode is on: suggestions wait until you call for them.","header.quietOff":"Quiet mode is off: suggestions show up.","header.language":"Interface language","header.help":"Help and shortcuts","header.conversations":"Conversations","header.chooseConversation":"Choose a conversation","header.current":"on screen","moments.title":"Worth noting","moments.quote":"“{quote}”","moment.churn_risk":"May leave","moment.complaint":"Complaint","moment.vulnerability":"Vulnerable situation","moment.distress":"Distress","moment.repeat_contact":"Repeat contact","moment.failed_self_service":"Could not do it online","moment.abuse":"Hurtful words","moment.human_request":"Wants to talk to a person","moment.promise_made":"Promise made","strip.intent":"Request","strip.noIntent":"Not clear yet","strip.mood":"Customer’s mood","strip.noMood":"No sign yet","mood.negative":"rather tense","mood.neutral":"neutral","mood.positive":"rather good","mood.rising":"improving","mood.falling":"slipping","mood.steady":"steady","mood.note":"From the customer’s words only.","confidence.high":"sure","confidence.medium":"likely","confidence.low":"to check","confidence.prefix":"Confidence","transcript.title":"Conversation","transcript.empty":"What is said will show here.","transcript.newLines":"New lines","transcript.quoted":"quoted passage","cards.title":"Suggestions","cards.empty":"Nothing to flag. The floor is yours.","cards.quietEmpty":"Quiet mode: nothing shows unless you ask.","cards.heldOne":"1 suggestion waiting","cards.heldMany":"{count} suggestions waiting","cards.pull":"Show","cards.new":"New suggestion: {title}","cards.why":"Why?","cards.dismiss":"Dismiss","cards.doneTitle":"Taken up","cards.sources":"What triggered it","cards.goToTurn":"See in the conversation","kind.next_best_action":"Next best action","kind.knowledge":"Knowledge base","kind.reply":"Suggested reply","kind.cue":"Cue","kind.already_said":"Already said","kind.checklist":"Steps","kind.form":"Form","accept.next_best_action":"I’m on it","accept.knowledge":"Useful","accept.reply":"Insert","accept.cue":"Noted","accept.already_said":"Noted","accept.checklist":"Done","accept.form":"Use","evidence.said":"The customer said","evidence.youSaid":"You said","evidence.botSaid":"The assistant said","evidence.document":"Document {id}, version {version}","evidence.from":"{origin}, {date}","customer.title":"Customer","customer.unknown":"Customer not identified","customer.none":"Nothing received from the CRM.","customer.origins":"Where this comes from","customer.history":"Earlier contacts","customer.noHistory":"No earlier contact.","customer.openPromise":"Open promise","customer.due":"due {date}","customer.overdue":"was due {date}","customer.more":"Show older contacts ({count})","outcome.solved":"Solved","outcome.unsolved":"Not solved","outcome.promised":"Promise made","outcome.transferred":"Transferred","outcome.abandoned":"Abandoned","value.yes":"Yes","value.no":"No","status.approved":"Approved","status.degraded":"Degraded","status.delayed":"Delayed","status.delivered":"Delivered","status.down":"Down","status.failed":"Failed","status.in_transit":"In transit","status.incident":"Incident","status.late":"Late","status.lost":"Lost","status.none":"None","status.ok":"Normal","status.paid":"Paid","status.preparing":"Being prepared","status.requested":"Requested","status.returned":"Returned","status.terminated":"Terminated","field.account_locked":"Account locked","field.appointment_at":"Appointment","field.carrier":"Carrier","field.contract_end":"Contract end","field.customer_since":"Customer since","field.delivery_date":"Delivery date","field.delivery_proof":"Proof of delivery","field.discount_ended":"Discount ended","field.identity_verified":"Identity verified","field.invoice_due":"Invoice due","field.invoice_id":"Invoice","field.line_status":"Line status","field.monthly_amount":"Monthly amount","field.open_incident":"Open incident","field.order_amount":"Order amount","field.order_expected_date":"Expected delivery","field.order_id":"Order","field.order_item":"Item","field.order_status":"Order status","field.payment_status":"Payment","field.plan":"Plan","field.previous_monthly_amount":"Previous monthly amount","field.refund_status":"Refund","field.tenure_months":"Tenure (months)","field.vip":"VIP","history.contacts_30d":"Contacts in the last 30 days","history.unsolved_contacts":"Unsolved contacts","history.open_promise":"Open promise","history.failed_self_service":"Failed self-service","reply.label":"Your reply","reply.placeholder":"Write your reply…","reply.send":"Send","reply.hint":"Enter to send, Shift + Enter for a new line","reply.offline":"No connection: the reply will go when you send it again.","tabs.label":"View","tabs.conversation":"Conversation","tabs.customer":"Customer","trial.title":"Test call","trial.intro":"Play both parts in turn at your microphone, and watch the panel work.","trial.language":"Spoken language","trial.first":"Who begins?","trial.who":"Who is speaking?","trial.customer":"The customer","trial.adviser":"The adviser","trial.start":"Open the microphone and begin","trial.starting":"Opening…","trial.live":"Test call: the microphone is on","trial.ending":"Test call: the last words are being transcribed…","trial.ended":"Test call over, the microphone is off.","trial.stop":"End the call","trial.again":"Try again","trial.privacy":"Sound is never recorded; the text is kept like that of any conversation.","trial.problem.denied":"The browser does not give access to the microphone. Allow it for this page, then try again.","trial.problem.no_device":"No microphone found. Plug one in, then try again.","trial.problem.insecure":"The browser opens the microphone only on a secure page (https). Ask the person who runs Souffleur in your company for its address.","trial.problem.device":"The microphone does not answer. Check that no other application is using it, then try again.","trial.problem.lost":"The connection was lost. Try again in a moment.","trial.problem.refused":"The service could not open the test call: {detail}","help.title":"Help and shortcuts","help.intro":"Shortcuts act on the selected suggestion, or else on the first one.","help.accept":"Take up the suggestion","help.dismiss":"Dismiss the suggestion","help.why":"See why it is proposed","help.pull":"Show the suggestions that wait","help.quiet":"Turn quiet mode on or off","help.speaker":"Switch roles during a test call","help.cards":"Move between suggestions","help.arrows":"Up and down arrows","help.privacy":"Souffleur reads the customer’s words to help you. It never measures or scores your work.","help.close":"Close","notice.unsent":"No connection: your choice was not sent. Try again in a moment.","notice.error":"The service could not take this message: {detail}","notice.close":"Close this message"},Be={productTagline:"Il souffle, vous jouez.",skipToSuggestions:"Aller aux suggestions","channel.voice":"Appel","channel.chat":"Tchat","channel.email":"E‑mail","channel.messaging":"Messagerie","channel.chatbot":"Chatbot","channel.self_service":"Libre-service","channel.shop":"Boutique","channel.letter":"Courrier","role.customer":"Client","role.adviser":"Vous","role.bot":"Assistant automatique","turn.speaking":"parle…","link.connecting":"Connexion…","link.live":"En direct","link.reconnecting":"Reconnexion…","link.signed_out":"Déconnecté","link.forbidden":"Accès refusé","link.unknown":"Introuvable","link.superseded":"Ouvert ailleurs","link.stopped":"À l’arrêt","link.ended":"Terminée","link.ready":"Connecté","state.connectingTitle":"Connexion en cours","state.connectingBody":"Le panneau rejoint le service.","state.waitingTitle":"Aucune conversation en cours","state.waitingBody":"La prochaine s’affichera ici d’elle-même.","state.joiningTitle":"Ouverture de la conversation","state.joiningBody":"Un instant, l’écran arrive.","state.reconnecting":"Connexion perdue : voici le dernier écran connu. Il se mettra à jour dès le retour de la connexion.","state.ended":"Cette conversation est terminée.","state.next":"Une autre conversation est en cours.","state.follow":"L’afficher","state.forbiddenTitle":"Vous n’avez pas accès à cette conversation","state.forbiddenBody":"Demandez ce droit à la personne qui gère Souffleur chez vous.","state.unknownTitle":"Conversation introuvable","state.unknownBody":"Elle n’a pas commencé, ou elle est effacée. Le panneau l’ouvrira dès qu’elle existera.","state.supersededTitle":"Le panneau est ouvert dans une autre fenêtre","state.supersededBody":"Il ne s’actualise que dans une fenêtre à la fois.","state.resumeHere":"Reprendre ici","state.retry":"Réessayer","degraded.transcribe":"La transcription est interrompue. Les suggestions reprendront avec elle ; le reste fonctionne.","degraded.assist":"L’analyse est interrompue : ni intention ni suggestion pour le moment. La conversation continue de s’afficher.","degraded.journal":"Le service est interrompu : rien de nouveau ne s’affiche pour le moment. L’écran se remettra à jour tout seul.","degraded.other":"Une partie du service est interrompue. Le reste fonctionne.","signin.title":"Ouvrir le panneau","signin.body":"Collez votre jeton d’accès. Il n’est gardé que dans cet onglet.","signin.expired":"Votre jeton n’est plus valable. Collez-en un nouveau.","signin.label":"Jeton d’accès","signin.submit":"Continuer","signin.signOut":"Se déconnecter","header.quiet":"Mode discret","header.quietOn":"Mode discret activé : les suggestions attendent que vous les appeliez.","header.quietOff":"Mode discret désactivé : les suggestions s’affichent.","header.language":"Langue de l’interface","header.help":"Aide et raccourcis","header.conversations":"Conversations","header.chooseConversation":"Choisir une conversation","header.current":"affichée","moments.title":"À noter","moments.quote":"« {quote} »","moment.churn_risk":"Risque de départ","moment.complaint":"Réclamation","moment.vulnerability":"Situation fragile","moment.distress":"Détresse","moment.repeat_contact":"Contact répété","moment.failed_self_service":"N’a pas pu le faire en ligne","moment.abuse":"Propos blessants","moment.human_request":"Veut parler à une personne","moment.promise_made":"Promesse faite","strip.intent":"Demande","strip.noIntent":"Pas encore claire","strip.mood":"Humeur du client","strip.noMood":"Pas encore d’indice","mood.negative":"plutôt tendue","mood.neutral":"neutre","mood.positive":"plutôt bonne","mood.rising":"en amélioration","mood.falling":"en baisse","mood.steady":"stable","mood.note":"D’après les mots du client seulement.","confidence.high":"sûr","confidence.medium":"probable","confidence.low":"à vérifier","confidence.prefix":"Confiance","transcript.title":"Conversation","transcript.empty":"Les échanges s’afficheront ici.","transcript.newLines":"Nouveaux échanges","transcript.quoted":"passage cité","cards.title":"Suggestions","cards.empty":"Rien à signaler. Vous avez la main.","cards.quietEmpty":"Mode discret : rien ne s’affiche sans vous.","cards.heldOne":"1 suggestion en attente","cards.heldMany":"{count} suggestions en attente","cards.pull":"Afficher","cards.new":"Nouvelle suggestion : {title}","cards.why":"Pourquoi ?","cards.dismiss":"Écarter","cards.doneTitle":"Retenu","cards.sources":"Ce qui l’a déclenchée","cards.goToTurn":"Voir dans la conversation","kind.next_best_action":"Prochaine action","kind.knowledge":"Base de connaissances","kind.reply":"Réponse proposée","kind.cue":"Signal","kind.already_said":"Déjà dit","kind.checklist":"Étapes","kind.form":"Formulaire","accept.next_best_action":"Je m’en occupe","accept.knowledge":"Utile","accept.reply":"Insérer","accept.cue":"Bien noté","accept.already_said":"Bien noté","accept.checklist":"C’est fait","accept.form":"Utiliser","evidence.said":"Le client a dit","evidence.youSaid":"Vous avez dit","evidence.botSaid":"L’assistant a dit","evidence.document":"Document {id}, version {version}","evidence.from":"{origin}, {date}","customer.title":"Client","customer.unknown":"Client non identifié","customer.none":"Aucune information reçue du CRM.","customer.origins":"Origine des informations","customer.history":"Contacts précédents","customer.noHistory":"Aucun contact précédent.","customer.openPromise":"Promesse en cours","customer.due":"pour le {date}","customer.overdue":"échue le {date}","customer.more":"Afficher les contacts plus anciens ({count})","outcome.solved":"Résolu","outcome.unsolved":"Non résolu","outcome.promised":"Promesse faite","outcome.transferred":"Transféré","outcome.abandoned":"Abandonné","value.yes":"Oui","value.no":"Non","status.approved":"Accordé","status.degraded":"Dégradée","status.delayed":"En retard","status.delivered":"Livrée","status.down":"En panne","status.failed":"Échec","status.in_transit":"En cours d’acheminement","status.incident":"Incident","status.late":"En retard","status.lost":"Perdue","status.none":"Aucun","status.ok":"Normal","status.paid":"Payé","status.preparing":"En préparation","status.requested":"Demandé","status.returned":"Retournée","status.terminated":"Résiliée","field.account_locked":"Compte bloqué","field.appointment_at":"Rendez-vous","field.carrier":"Transporteur","field.contract_end":"Fin de contrat","field.customer_since":"Client depuis","field.delivery_date":"Date de livraison","field.delivery_proof":"Preuve de livraison","field.discount_ended":"Fin de remise","field.identity_verified":"Identité vérifiée","field.invoice_due":"Échéance de la facture","field.invoice_id":"Facture","field.line_status":"État de la ligne","field.monthly_amount":"Mensualité","field.open_incident":"Incident en cours","field.order_amount":"Montant de la commande","field.order_expected_date":"Livraison prévue","field.order_id":"Commande","field.order_item":"Article","field.order_status":"État de la commande","field.payment_status":"Paiement","field.plan":"Forfait","field.previous_monthly_amount":"Mensualité précédente","field.refund_status":"Remboursement","field.tenure_months":"Ancienneté (mois)","field.vip":"Client privilégié","history.contacts_30d":"Contacts des 30 derniers jours","history.unsolved_contacts":"Contacts non résolus","history.open_promise":"Promesse en cours","history.failed_self_service":"Libre-service sans résultat","reply.label":"Votre réponse","reply.placeholder":"Écrivez votre réponse…","reply.send":"Envoyer","reply.hint":"Entrée pour envoyer, Maj + Entrée pour aller à la ligne","reply.offline":"Pas de connexion : la réponse partira quand vous la renverrez.","tabs.label":"Vue","tabs.conversation":"Conversation","tabs.customer":"Client","trial.title":"Appel d’essai","trial.intro":"Jouez les deux rôles à tour de rôle, dans votre micro, et regardez le panneau travailler.","trial.language":"Langue parlée","trial.first":"Qui commence ?","trial.who":"Qui parle ?","trial.customer":"Le client","trial.adviser":"Le conseiller","trial.start":"Ouvrir le micro et commencer","trial.starting":"Ouverture…","trial.live":"Appel d’essai : micro ouvert","trial.ending":"Appel d’essai : derniers mots en cours de transcription…","trial.ended":"Appel d’essai terminé, micro fermé.","trial.stop":"Terminer l’appel","trial.again":"Refaire un essai","trial.privacy":"Le son n’est jamais enregistré ; le texte est gardé comme celui de toute conversation.","trial.problem.denied":"Le navigateur refuse l’accès au micro. Autorisez-le pour cette page, puis réessayez.","trial.problem.no_device":"Aucun micro trouvé. Branchez-en un, puis réessayez.","trial.problem.insecure":"Le navigateur n’ouvre le micro que sur une page sécurisée (https). Demandez-en l’adresse à la personne qui gère Souffleur chez vous.","trial.problem.device":"Le micro ne répond pas. Vérifiez qu’aucune autre application ne l’utilise, puis réessayez.","trial.problem.lost":"La connexion s’est interrompue. Réessayez dans un instant.","trial.problem.refused":"Le service n’a pas pu ouvrir l’appel d’essai : {detail}","help.title":"Aide et raccourcis","help.intro":"Les raccourcis agissent sur la suggestion sélectionnée, sinon sur la première de la liste.","help.accept":"Retenir la suggestion","help.dismiss":"Écarter la suggestion","help.why":"Voir pourquoi elle est proposée","help.pull":"Afficher les suggestions en attente","help.quiet":"Activer ou désactiver le mode discret","help.speaker":"Changer de rôle pendant un appel d’essai","help.cards":"Passer d’une suggestion à l’autre","help.arrows":"Flèches haut et bas","help.privacy":"Souffleur lit les mots du client pour vous aider. Il ne mesure ni ne note jamais votre travail.","help.close":"Fermer","notice.unsent":"Pas de connexion : votre choix n’est pas parti. Réessayez dans un instant.","notice.error":"Le service n’a pas pu prendre ce message : {detail}","notice.close":"Fermer ce message"},Vt={fr:Be,en:Wt};function Ae(n){const e=Vt[n];return(t,s={})=>e[t].replace(/\{(\w+)\}/g,(i,r)=>String(s[r]??i))}function H(n){return Object.hasOwn(Be,n)}const Kt=S`
  .cards {
    display: flex;
    flex-direction: column;
    gap: 0.5rem;
  }

  .cards > .section-head {
    padding: 0 0.2rem;
  }

  .card-list {
    display: flex;
    flex-direction: column;
    gap: 0.7rem;
  }

  .held {
    display: flex;
    align-items: center;
    gap: 0.5rem;
    padding: 0 0.7rem;
    border-radius: 99px;
    background: var(--cue-soft);
    color: var(--cue);
    font-size: 0.87rem;
  }

  .held .link {
    color: inherit;
  }

  .cards .rest {
    padding: 1.15rem;
    border: 1px dashed var(--line);
    border-radius: var(--radius);
    text-align: center;
  }

  .card {
    --kind: var(--accent);
    --kind-soft: var(--accent-soft);

    padding: 0.8rem 1rem 0.9rem;
    border: 1px solid var(--line);
    border-radius: var(--radius);
    background: var(--surface);
    box-shadow: var(--shadow);
    animation: arrive 260ms ease-out;
  }

  .card.cue {
    --kind: var(--cue);
    --kind-soft: var(--cue-soft);
  }

  .card.knowledge,
  .card.already_said {
    --kind: var(--know);
    --kind-soft: var(--know-soft);
  }

  @keyframes arrive {
    from {
      opacity: 0;
      transform: translateY(-6px);
    }
  }

  .card header {
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: 0.6rem;
  }

  .kind {
    display: inline-flex;
    align-items: center;
    gap: 0.4rem;
    color: var(--kind);
    font-size: 0.82rem;
    font-weight: 600;
  }

  .kind .icon {
    padding: 3px;
    width: 24px;
    height: 24px;
    border-radius: 8px;
    background: var(--kind-soft);
  }

  .sure {
    flex: none;
    padding: 0.05rem 0.55rem;
    border: 1px solid var(--line);
    border-radius: 99px;
    font-size: 0.78rem;
    color: var(--muted);
  }

  .sure.high {
    border-color: transparent;
    background: var(--sunken);
    color: var(--ink);
  }

  .sure.low {
    border-style: dashed;
    border-color: var(--muted);
  }

  .card h3 {
    margin-top: 0.4rem;
    font-size: 1.08rem;
    font-weight: 650;
    line-height: 1.3;
    letter-spacing: -0.008em;
    text-wrap: pretty;
  }

  .card .body {
    margin-top: 0.2rem;
  }

  .card .reason {
    margin-top: 0.35rem;
    color: var(--muted);
    font-size: 0.9rem;
  }

  .acts {
    display: flex;
    flex-wrap: wrap;
    gap: 0.45rem;
    margin-top: 0.75rem;
  }

  .acts .primary {
    background: var(--kind);
    color: var(--accent-ink);
  }

  .acts .primary:hover {
    background: color-mix(in srgb, var(--kind) 88%, var(--ink));
  }

  .acts .dismiss {
    margin-left: auto;
    border-color: transparent;
    color: var(--muted);
  }

  .acts [aria-expanded="true"] .icon {
    transform: rotate(180deg);
  }

  @container panel (width < 720px) {
    .card {
      padding: 0.65rem 0.8rem 0.75rem;
    }

    .acts {
      gap: 0.3rem;
      margin-top: 0.6rem;
    }

    .acts button {
      padding: 0 0.65em;
    }

    .acts .icon {
      display: none;
    }
  }

  .why {
    margin-top: 0.8rem;
    padding-top: 0.7rem;
    border-top: 1px solid var(--line);
  }

  .why[hidden] {
    display: none;
  }

  .why h4 {
    font-size: 0.82rem;
    font-weight: 600;
    color: var(--muted);
  }

  .why li {
    display: grid;
    justify-items: start;
    margin-top: 0.5rem;
    padding-left: 0.75rem;
    border-left: 3px solid var(--kind-soft);
  }

  .fact {
    display: flex;
    flex-wrap: wrap;
    gap: 0 0.6rem;
  }

  .fact b {
    font-weight: 600;
  }

  .done {
    padding: 0.2rem 0.3rem;
  }

  .done h3,
  .record h3 {
    font-size: 0.8rem;
    font-weight: 600;
    color: var(--muted);
  }

  .done li {
    display: flex;
    gap: 0.5rem;
    align-items: flex-start;
    padding: 0.1rem 0;
    color: var(--muted);
    font-size: 0.92rem;
  }

  .done .icon {
    margin-top: 0.15em;
    color: var(--good);
  }

  .record {
    padding: 0.7rem 1.1rem 1rem;
    border-radius: var(--radius);
    background: var(--surface);
    box-shadow: var(--shadow);
  }

  .record .name {
    font-size: 1.08rem;
    font-weight: 650;
    letter-spacing: -0.008em;
  }

  .promise {
    display: flex;
    gap: 0.6rem;
    margin: 0.6rem 0 0.2rem;
    padding: 0.65rem 0.8rem;
    border-radius: 10px;
    background: var(--warm-soft);
  }

  .promise > .icon {
    margin-top: 0.15em;
    color: var(--warm);
  }

  .promise p {
    display: grid;
  }

  .promise b {
    color: var(--warm);
    font-size: 0.85rem;
  }

  .fields {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(118px, 100%), 1fr));
    gap: 0.55rem 1.2rem;
    margin: 0.6rem 0 0.9rem;
  }

  .fields dt {
    color: var(--muted);
    font-size: 0.82rem;
  }

  .fields dd {
    font-weight: 550;
    overflow-wrap: anywhere;
  }

  .fields dd .origin {
    display: block;
    font-weight: 400;
  }

  .history li {
    position: relative;
    padding: 0.45rem 0 0.45rem 1.1rem;
    border-left: 2px solid var(--line);
    margin-left: 5px;
  }

  .history li::before {
    content: "";
    position: absolute;
    top: 0.95rem;
    left: -6px;
    width: 10px;
    height: 10px;
    border: 2px solid var(--surface);
    border-radius: 50%;
    background: var(--muted);
  }

  .history li:has(.outcome.unsolved, .outcome.abandoned)::before {
    background: var(--tense);
  }

  .history li:has(.outcome.solved)::before {
    background: var(--good);
  }

  .history li:has(.outcome.promised)::before {
    background: var(--warm);
  }

  .outcome {
    display: inline-block;
    white-space: nowrap;
    font-weight: 600;
  }

  .outcome.unsolved,
  .outcome.abandoned {
    color: var(--tense);
  }

  .outcome.solved {
    color: var(--good);
  }

  .outcome.promised {
    color: var(--warm);
  }

  .history p {
    font-size: 0.94rem;
  }
`,Qt=S`
  .panel {
    display: flex;
    flex-direction: column;
    height: 100%;
    min-height: 0;
  }

  .bar {
    display: flex;
    align-items: center;
    gap: 0.35rem;
    min-height: 52px;
    padding: 0.4rem 1rem;
    background: var(--surface);
    border-bottom: 1px solid var(--line);
  }

  .brand {
    display: flex;
    align-items: center;
    gap: 0.55rem;
    font-size: 1rem;
    font-weight: 650;
    letter-spacing: -0.01em;
  }

  .mark {
    width: 26px;
    height: 26px;
  }

  .mark rect {
    fill: var(--accent);
  }

  .mark .bubble {
    fill: var(--accent-ink);
  }

  .mark .breath {
    fill: none;
    stroke: var(--accent-ink);
    stroke-width: 2;
    stroke-linecap: round;
    opacity: 0.6;
  }

  .about {
    display: flex;
    flex: 1;
    align-items: center;
    gap: 0.45rem;
    min-width: 0;
    margin-left: 0.9rem;
    padding-left: 1rem;
    border-left: 1px solid var(--line);
    color: var(--muted);
    white-space: nowrap;
  }

  .about:empty {
    border-color: transparent;
  }

  .about b {
    overflow: hidden;
    font-weight: 600;
    color: var(--ink);
    text-overflow: ellipsis;
  }

  .state {
    display: flex;
    align-items: center;
    gap: 0.35rem;
    padding: 0 0.6rem;
    font-size: 0.87rem;
    color: var(--muted);
    white-space: nowrap;
  }

  .state.live {
    color: var(--good);
  }

  .state.reconnecting,
  .state.connecting {
    color: var(--warm);
  }

  .state.forbidden,
  .state.unknown {
    color: var(--tense);
  }

  .quiet[aria-pressed="true"] {
    color: var(--cue);
    background: var(--cue-soft);
    border-color: color-mix(in srgb, var(--cue) 35%, transparent);
  }

  .langs {
    display: flex;
    padding: 2px;
    border-radius: 9px;
    background: var(--sunken);
  }

  .langs button {
    min-height: 28px;
    padding: 0 0.5em;
    border-radius: 7px;
    font-size: 0.8rem;
    color: var(--muted);
  }

  .langs button[aria-pressed="true"] {
    background: var(--surface);
    color: var(--ink);
    box-shadow: var(--shadow);
  }

  .count {
    min-width: 1.5em;
    padding: 0 0.35em;
    border-radius: 99px;
    background: var(--sunken);
    font-size: 0.78rem;
    text-align: center;
  }

  .sheet {
    inset: 56px 1rem auto auto;
    width: min(320px, calc(100% - 2rem));
    max-height: 60%;
    margin: 0;
    padding: 0.9rem;
    overflow: auto;
    border: 1px solid var(--line);
    border-radius: var(--radius);
    background: var(--surface);
    color: var(--ink);
    box-shadow: var(--shadow);
  }

  .sheet li button {
    justify-content: flex-start;
    width: 100%;
    min-height: 46px;
    margin-top: 0.3rem;
    text-align: left;
    font-weight: 400;
  }

  .sheet li button > span:first-of-type {
    display: grid;
    flex: 1;
    min-width: 0;
    overflow-wrap: anywhere;
  }

  .sheet li button:hover,
  .sheet li button[aria-current="true"] {
    background: var(--accent-soft);
  }

  .banner,
  .notice {
    display: flex;
    align-items: center;
    gap: 0.6rem;
    padding: 0.5rem 1.1rem;
    border-bottom: 1px solid var(--line);
    background: var(--sunken);
    font-size: 0.9rem;
  }

  .banner.wait,
  .banner.warn {
    background: var(--warm-soft);
    color: var(--warm);
  }

  .banner .link {
    margin-left: auto;
  }

  .notice {
    justify-content: space-between;
    background: var(--warm-soft);
    color: var(--warm);
  }

  .desk {
    display: grid;
    flex: 1;
    grid-template: auto minmax(0, 1fr) / minmax(0, 1.22fr) minmax(330px, 1fr);
    gap: 1rem;
    min-height: 0;
    width: 100%;
    max-width: 1500px;
    margin: 0 auto;
    padding: 1rem;
  }

  /* The last known screen: still legible, visibly not live. */
  .desk.stale {
    filter: grayscale(0.85);
  }

  .tabs {
    display: none;
  }

  .side {
    display: flex;
    flex-direction: column;
    gap: 1rem;
    min-height: 0;
    overflow: auto;
    /* Room for the shadows and focus rings of what scrolls inside. */
    margin: -4px;
    padding: 4px;
  }

  .section-head {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    gap: 0.2rem 0.8rem;
    min-height: 30px;
  }

  /* Wide enough for the customer to stand beside the cards. */
  @container panel (width >= 1180px) {
    .desk {
      grid-template: auto minmax(0, 1fr) / minmax(0, 1.2fr) minmax(360px, 1fr) minmax(270px, 0.72fr);
    }

    .side {
      display: contents;
    }

    .cards,
    .record {
      min-height: 0;
      overflow: auto;
    }

    .cards {
      margin: -4px;
      padding: 4px;
    }

    .record {
      align-self: start;
      max-height: 100%;
    }
  }

  @container panel (width < 940px) {
    .tool-label,
    .count {
      display: none;
    }
  }

  @container panel (width < 720px) {
    .bar {
      flex-wrap: wrap;
      gap: 0.15rem;
      padding: 0.3rem 0.6rem;
    }

    .brand span,
    .about span {
      position: absolute;
      width: 1px;
      height: 1px;
      overflow: hidden;
      clip-path: inset(50%);
    }

    .about {
      margin-left: 0.4rem;
      padding-left: 0.6rem;
    }

    .state {
      padding: 0 0.3rem;
    }

    .desk {
      display: flex;
      flex-direction: column;
      gap: 0.6rem;
      padding: 0.6rem;
    }

    /* Cards stay in sight; the conversation and the customer take turns below. */
    .side {
      display: contents;
    }

    .cards {
      order: 1;
      flex: 0 1 auto;
      max-height: 50%;
      overflow: auto;
    }

    .tabs {
      display: flex;
      order: 2;
      flex: none;
      padding: 3px;
      border-radius: 10px;
      background: var(--sunken);
    }

    .tabs button {
      flex: 1;
      min-height: 30px;
    }

    .tabs button[aria-pressed="true"] {
      background: var(--surface);
      box-shadow: var(--shadow);
    }

    .talk,
    .record {
      order: 3;
      flex: 1 1 0;
      min-height: 0;
      overflow: auto;
    }

    .desk[data-tab="conversation"] .record,
    .desk[data-tab="customer"] .talk {
      display: none;
    }
  }
`,Yt=S`
  .gate {
    display: grid;
    flex: 1;
    place-content: center;
    justify-items: center;
    gap: 1.1rem;
    padding: 2rem;
    text-align: center;
  }

  .gate h2 {
    font-size: 1.25rem;
    letter-spacing: -0.01em;
    color: var(--ink);
  }

  .gate p {
    color: var(--muted);
    text-wrap: balance;
  }

  .gate p.late {
    color: var(--tense);
  }

  .emblem {
    display: grid;
    place-items: center;
    width: 72px;
    height: 72px;
    border-radius: 24px;
    background: var(--accent-soft);
    color: var(--accent);
    font-size: 1.7rem;
  }

  .gate form p {
    text-wrap: wrap;
  }

  .gate form {
    display: grid;
    gap: 0.6rem;
    width: min(360px, 86vw);
    padding: 1.6rem;
    border-radius: 16px;
    background: var(--surface);
    box-shadow: var(--shadow);
    text-align: left;
  }

  .gate label {
    margin-top: 0.4rem;
    font-size: 0.87rem;
    font-weight: 600;
  }

  input,
  textarea {
    width: 100%;
    padding: 0.55rem 0.75rem;
    border: 1px solid var(--muted);
    border-radius: 9px;
    background: var(--surface);
    font: inherit;
    color: inherit;
  }

  .help {
    width: min(460px, calc(100% - 2rem));
    padding: 1.3rem 1.5rem 1.5rem;
    border: 1px solid var(--line);
    border-radius: 16px;
    background: var(--surface);
    color: var(--ink);
    box-shadow: var(--shadow);
  }

  .help::backdrop {
    background: rgb(10 14 18 / 45%);
  }

  .help h2 {
    font-size: 1.1rem;
    color: var(--ink);
  }

  .help dl {
    margin: 0.9rem 0;
  }

  .help dl div {
    display: flex;
    gap: 1rem;
    padding: 0.3rem 0;
  }

  .help dt {
    flex: 0 0 9.5em;
  }

  kbd {
    padding: 0.1em 0.45em;
    border: 1px solid var(--line);
    border-bottom-width: 2px;
    border-radius: 6px;
    background: var(--ground);
    font: inherit;
    font-size: 0.82rem;
    white-space: nowrap;
  }

  .help .ghost {
    margin-top: 1rem;
  }
`,Zt=S`
  .strip {
    display: grid;
    grid-column: 1 / -1;
    grid-template-columns: subgrid;
  }

  .now,
  .mood {
    padding: 0.65rem 1.1rem 0.75rem;
    border-radius: var(--radius);
    background: var(--surface);
    box-shadow: var(--shadow);
  }

  /* What deserves attention stands beside the title, so that nothing moves when it comes. */
  .now {
    display: grid;
    grid-template-columns: auto minmax(0, 1fr);
    grid-auto-rows: minmax(24px, auto);
    gap: 0 0.8rem;
  }

  .now p {
    grid-column: 1 / -1;
  }

  .strip p {
    display: flex;
    align-items: center;
    gap: 0.2rem 0.7rem;
    min-height: 34px;
  }

  .now b {
    font-size: 1.22rem;
    font-weight: 650;
    letter-spacing: -0.012em;
    line-height: 1.25;
  }

  .moments {
    display: flex;
    flex-wrap: wrap;
    grid-area: 1 / 2;
    justify-content: flex-end;
    gap: 0.35rem;
    margin: 0;
    padding: 0;
    list-style: none;
  }

  .moments button {
    min-height: 24px;
    padding: 0 0.65rem;
    border: 1px solid transparent;
    border-radius: 99px;
    background: var(--warm-soft);
    color: var(--warm);
    font-size: 0.86rem;
    font-weight: 550;
  }

  .moments button[aria-pressed="true"] {
    border-color: currentColor;
    background: var(--mark);
    color: var(--mark-ink);
  }

  .moodline {
    flex: none;
    width: 132px;
    height: 34px;
  }

  .moodbase {
    stroke: var(--line);
    stroke-dasharray: 2 4;
    fill: none;
  }

  .moodpath {
    fill: none;
    stroke: var(--muted);
    stroke-width: 2;
    stroke-linecap: round;
  }

  .mooddot {
    stroke: var(--surface);
    stroke-width: 1.5;
    fill: var(--muted);
  }

  .mooddot.negative {
    fill: var(--tense);
  }

  .mooddot.positive {
    fill: var(--good);
  }

  .moodwords {
    font-weight: 550;
    line-height: 1.3;
  }

  @container panel (width >= 1180px) {
    .mood {
      grid-column: 2 / -1;
    }
  }

  @container panel (width < 720px) {
    .strip {
      grid-template-columns: minmax(0, 1fr);
      gap: 0;
      border-radius: var(--radius);
      background: var(--surface);
      box-shadow: var(--shadow);
    }

    .now,
    .mood {
      padding: 0.45rem 0.85rem;
      box-shadow: none;
    }

    .mood {
      display: flex;
      align-items: center;
      justify-content: space-between;
      padding-top: 0;
    }

    .mood p {
      min-height: 26px;
    }

    .moodline {
      width: 100px;
      height: 26px;
    }

    .mood h2 {
      display: none;
    }

    .now b {
      font-size: 1.08rem;
    }
  }
`,Jt=S`
  .talk {
    display: flex;
    flex-direction: column;
    min-height: 0;
    border-radius: var(--radius);
    background: var(--surface);
    box-shadow: var(--shadow);
    overflow: hidden;
  }

  .log-wrap {
    position: relative;
    display: flex;
    flex: 1;
    flex-direction: column;
    min-height: 0;
  }

  .log {
    flex: 1;
    min-height: 0;
    padding: 0.9rem 1.1rem 1.1rem;
    overflow-y: auto;
    overscroll-behavior: contain;
    scrollbar-width: thin;
    scrollbar-color: var(--line) transparent;
  }

  .log:focus-visible {
    outline-offset: -3px;
    border-radius: var(--radius);
  }

  .hint {
    padding: 2rem 0;
    text-align: center;
  }

  .turns {
    display: flex;
    flex-direction: column;
  }

  .turn {
    display: grid;
    justify-items: start;
    max-width: 84%;
    margin-top: 0.95rem;
  }

  .turn:first-child {
    margin-top: 0;
  }

  .turn.follows {
    margin-top: 0.25rem;
  }

  .turn.adviser {
    align-self: flex-end;
    justify-items: end;
  }

  .who {
    padding: 0 0.2rem 0.15rem;
    font-size: 0.8rem;
    font-weight: 600;
    color: var(--muted);
  }

  .said {
    padding: 0.5rem 0.85rem;
    border: 1px solid transparent;
    border-radius: 4px 14px 14px 14px;
    background: var(--sunken);
    overflow-wrap: anywhere;
    white-space: pre-line;
    transition: color 160ms;
  }

  .turn.adviser .said {
    border-radius: 14px 4px 14px 14px;
    background: var(--accent-soft);
  }

  .turn.bot .said {
    border: 1px dashed var(--line);
    background: none;
  }

  .turn.partial .said {
    color: var(--muted);
  }

  .turn.partial .said::after {
    content: " …";
    letter-spacing: 0.1em;
  }

  mark {
    padding: 0.08em 0.15em;
    border-radius: 4px;
    background: var(--mark);
    color: var(--mark-ink);
    box-decoration-break: clone;
    -webkit-box-decoration-break: clone;
  }

  .newlines {
    position: absolute;
    bottom: 0.8rem;
    left: 50%;
    transform: translateX(-50%);
    border-radius: 99px;
    background: var(--ink);
    color: var(--surface);
    box-shadow: var(--shadow);
  }

  .reply {
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto;
    gap: 0.3rem 0.6rem;
    align-items: end;
    padding: 0.7rem 0.9rem 0.6rem;
    border-top: 1px solid var(--line);
  }

  .reply textarea {
    resize: none;
    field-sizing: content;
    min-height: 44px;
    max-height: 9em;
  }

  .reply button {
    min-height: 44px;
  }

  @container panel (width < 720px) {
    .log {
      padding: 0.7rem;
    }

    .turn {
      max-width: 92%;
    }

    .reply button span,
    .reply .origin {
      display: none;
    }
  }
`,Gt=S`
  :host {
    --ground: #f4f3ef;
    --surface: #ffffff;
    --sunken: #ebe9e3;
    --ink: #1c232c;
    --muted: #57606c;
    --line: #dedbd3;
    --accent: #1d5c68;
    --accent-ink: #ffffff;
    --accent-soft: #e1eef0;
    --cue: #74406f;
    --cue-soft: #f5eaf3;
    --know: #2f5590;
    --know-soft: #e8eef8;
    --good: #2a7355;
    --tense: #a8502a;
    --warm: #80560a;
    --warm-soft: #fbf1dc;
    --mark: #ffe9a8;
    --mark-ink: #3d2f00;
    --shadow: 0 1px 2px rgb(28 35 44 / 6%), 0 4px 14px rgb(28 35 44 / 5%);
    --radius: 12px;

    color-scheme: light dark;
    container: panel / inline-size;
    display: block;
    height: 100%;
    font-family: -apple-system, "Segoe UI Variable Text", "Segoe UI", Roboto, "Helvetica Neue",
      "Noto Sans", "Liberation Sans", Arial, sans-serif;
    font-size: 15px;
    line-height: 1.5;
    color: var(--ink);
    background: var(--ground);
    -webkit-font-smoothing: antialiased;
  }

  @media (prefers-color-scheme: dark) {
    :host {
      --ground: #12161b;
      --surface: #1a2027;
      --sunken: #232b34;
      --ink: #e9ecef;
      --muted: #a4adb8;
      --line: #2d3640;
      --accent: #7cc5d1;
      --accent-ink: #0b1d21;
      --accent-soft: #1b343a;
      --cue: #d8a3d1;
      --cue-soft: #33223a;
      --know: #9cbdf0;
      --know-soft: #1f2c42;
      --good: #7cc9a4;
      --tense: #eb9d78;
      --warm: #e5b95f;
      --warm-soft: #352a14;
      --mark: #5d4a12;
      --mark-ink: #fff3cf;
      --shadow: 0 1px 2px rgb(0 0 0 / 30%), 0 6px 18px rgb(0 0 0 / 22%);
    }
  }

  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }

  h1,
  h2,
  h3,
  h4,
  p,
  dl,
  dd,
  ol,
  ul,
  blockquote {
    margin: 0;
    padding: 0;
  }

  ol,
  ul {
    list-style: none;
  }

  h2 {
    font-size: 0.8rem;
    font-weight: 600;
    letter-spacing: 0.01em;
    color: var(--muted);
  }

  .icon {
    width: 1.2em;
    height: 1.2em;
    flex: none;
    fill: none;
    stroke: currentcolor;
    stroke-width: 1.6;
    stroke-linecap: round;
    stroke-linejoin: round;
  }

  button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 0.4em;
    min-height: 34px;
    padding: 0 0.85em;
    border: 1px solid transparent;
    border-radius: 9px;
    font: inherit;
    font-size: 0.9rem;
    font-weight: 550;
    color: inherit;
    background: none;
    cursor: pointer;
    transition: background-color 120ms, border-color 120ms;
  }

  button:disabled {
    opacity: 0.45;
    cursor: default;
  }

  .primary {
    background: var(--accent);
    color: var(--accent-ink);
  }

  .primary:hover:not(:disabled) {
    background: color-mix(in srgb, var(--accent) 88%, var(--ink));
  }

  .ghost {
    border-color: var(--line);
  }

  .ghost:hover,
  .tool:hover:not(:disabled) {
    background: var(--sunken);
  }

  .link {
    min-height: 26px;
    padding: 0;
    color: var(--accent);
    font-weight: 500;
    text-decoration: underline;
    text-decoration-thickness: 1px;
    text-underline-offset: 3px;
  }

  .link:hover {
    text-decoration-thickness: 2px;
  }

  .tool {
    padding: 0 0.55em;
  }

  :focus-visible {
    outline: 2px solid var(--accent);
    outline-offset: 2px;
  }

  .origin,
  .faint,
  .rest {
    color: var(--muted);
    font-size: 0.85rem;
  }

  .late {
    color: var(--tense);
    font-weight: 600;
  }

  .sr {
    position: absolute;
    width: 1px;
    height: 1px;
    margin: -1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }

  @media (prefers-reduced-motion: reduce) {
    *,
    *::before,
    *::after {
      animation: none !important;
      transition: none !important;
      scroll-behavior: auto !important;
    }
  }

  @media (forced-colors: active) {
    .card,
    .turn .said,
    .sure {
      border: 1px solid CanvasText;
    }
  }
`,Xt=S`
  .trial {
    display: grid;
    justify-items: center;
    gap: 0.9rem;
  }

  .trial-form {
    display: grid;
    gap: 0.9rem;
    width: min(430px, 86vw);
    padding: 1.3rem 1.5rem;
    border-radius: 16px;
    background: var(--surface);
    box-shadow: var(--shadow);
    text-align: left;
  }

  .trial-form[hidden] {
    display: none;
  }

  .gate .trial-form p {
    text-wrap: wrap;
  }

  .pick {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: space-between;
    gap: 0.3rem 0.8rem;
    font-size: 0.9rem;
    font-weight: 550;
  }

  .pick .langs button {
    min-height: 32px;
    padding: 0 0.8em;
    font-size: 0.88rem;
  }

  .trial-bar {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.5rem 1.2rem;
    padding: 0.5rem 1.1rem;
    border-bottom: 1px solid var(--line);
    background: var(--cue-soft);
  }

  .trial-bar > p {
    display: flex;
    align-items: center;
    gap: 0.5rem;
    font-size: 0.9rem;
  }

  .trial-bar[data-trial="live"] > p {
    color: var(--cue);
    font-weight: 600;
  }

  .trial-bar > button {
    margin-left: auto;
  }

  @media (forced-colors: active) {
    .langs button[aria-pressed="true"] {
      outline: 2px solid CanvasText;
    }
  }
`,en=[Gt,Qt,Zt,Yt,Jt,Kt,Xt],tn="capture.js",nn={channelCount:1,echoCancellation:!1,noiseSuppression:!1,autoGainControl:!0};class oe{constructor(e,t){this.stream=e,this.context=t}static async open(e,t){const s=navigator.mediaDevices;if(s===void 0)throw new DOMException("no secure context","SecurityError");const i=await s.getUserMedia({audio:nn}),r=new AudioContext,o=new oe(i,r);try{await r.audioWorklet.addModule(new URL(tn,import.meta.url));const l=new AudioWorkletNode(r,"souffleur-capture",{numberOfOutputs:0,channelCount:1,channelCountMode:"explicit"});l.port.onmessage=c=>e(new Int16Array(c.data)),r.createMediaStreamSource(i).connect(l),i.getAudioTracks()[0]?.addEventListener("ended",t),await r.resume()}catch(l){throw o.close(),l}return o}close(){for(const e of this.stream.getTracks())e.stop();this.context.close()}}const sn=40*16e3,rn=2e4,Fe=8e3,on={NotAllowedError:"denied",NotFoundError:"no_device",SecurityError:"insecure",TimeoutError:"lost"};class G extends Error{}class an{constructor(e,t){this.opened=e,this.changed=t,this.state="idle",this.speaker="customer",this.language=null,this.problem=null,this.detail="",this.conversationId=null,this.microphone=null,this.socket=null,this.timer=0,this.generation=0}get active(){return this.state==="starting"||this.state==="live"||this.state==="ending"}speakAs(e){this.speaker=e,this.changed()}switchSpeaker(){this.speakAs(this.speaker==="customer"?"adviser":"customer")}speakIn(e){this.language=e,this.changed()}async start(e,t,s){if(this.active)return;this.generation+=1;const{generation:i}=this;this.language=s,this.problem=null,this.set("starting");try{const r=await oe.open(l=>this.send(l),()=>this.fail(i,"device"));if(i!==this.generation)return r.close();this.microphone=r;const o=await ln(e,t);i===this.generation&&this.connect(e,o,s)}catch(r){r instanceof G&&(this.detail=r.message);const o=r instanceof Error?r.name:"",l=r instanceof DOMException?on[o]??"device":"lost";this.fail(i,r instanceof G?"refused":l)}}stop(){if(this.state==="starting")return this.leave(this.before);if(this.state!=="live")return;this.silence(),this.socket?.send(JSON.stringify({type:"stop"}));const{generation:e}=this;this.timer=window.setTimeout(()=>{e===this.generation&&this.leave("ended")},rn),this.set("ending")}abandon(){this.stop(),this.conversationId=null,this.leave("idle")}get before(){return this.conversationId===null?"idle":"ended"}set(e){this.state=e,this.changed()}silence(){this.microphone?.close(),this.microphone=null}leave(e){this.generation+=1,window.clearTimeout(this.timer),this.silence(),this.socket?.close(1e3),this.socket=null,this.set(e)}fail(e,t){e===this.generation&&(this.problem=t,this.leave(this.state==="starting"?this.before:"ended"))}connect(e,{ticket:t},s){const{generation:i}=this,r=new URL("/v1/ingest/audio",e);r.protocol=r.protocol==="https:"?"wss:":"ws:";const o=new WebSocket(r,["souffleur.v1",`ticket.${t}`]);this.socket=o,this.timer=window.setTimeout(()=>this.fail(i,"lost"),Fe);const l={type:"start",sample_rate:16e3,encoding:"pcm_s16le",channels:2,language:s};o.onopen=()=>o.send(JSON.stringify(l)),o.onmessage=c=>{i===this.generation&&this.hear(JSON.parse(c.data))},o.onclose=()=>this.fail(i,"lost")}hear(e){switch(e.type){case"started":window.clearTimeout(this.timer),this.conversationId=e.conversation_id,this.set("live"),this.opened(e.conversation_id);break;case"stopped":this.leave("ended");break;case"error":this.detail=e.detail,this.fail(this.generation,"refused");break}}send(e){if(this.state!=="live"||this.socket===null)return;if(this.socket.bufferedAmount>sn)return this.fail(this.generation,"lost");const t=new DataView(new ArrayBuffer(e.length*4)),s=this.speaker==="customer"?0:2;e.forEach((i,r)=>t.setInt16(r*4+s,i,!0)),this.socket.send(t)}}async function ln(n,e){const t=await fetch(new URL("/v1/tickets",n),{method:"POST",headers:{authorization:`Bearer ${e}`,"content-type":"application/json"},body:JSON.stringify({purpose:"test_call"}),signal:AbortSignal.timeout(Fe)});if(t.ok)return await t.json();const{detail:s}=await t.json();throw new G(s??String(t.status))}function Se(n,e){const{quiet:t,kinds:s}=n.preferences,i=n.cards.filter(l=>l.state==="offered"||l.state==="shown"||l.state==="held"),r=l=>l.state==="held"||l.state==="offered"&&!e.includes(l.suggestion.id)&&(t||s[l.suggestion.kind]===!1),o=l=>e.indexOf(l.suggestion.id);return{cards:i.filter(l=>!r(l)).sort((l,c)=>o(l)-o(c)),held:i.filter(r),done:n.cards.filter(l=>l.state==="accepted"||l.state==="edited").slice(-4)}}function cn(n,e,t){const s=n.filter(r=>e.includes(r)),i=e.filter(r=>!n.includes(r));return t?[...s,...i]:[...i.reverse(),...s]}const We={ATTRIBUTE:1,CHILD:2},Ve=n=>(...e)=>({_$litDirective$:n,values:e});let Ke=class{constructor(e){}get _$AU(){return this._$AM._$AU}_$AT(e,t,s){this._$Ct=e,this._$AM=t,this._$Ci=s}_$AS(e,t){return this.update(e,t)}update(e,t){return this.render(...t)}};const{I:dn}=kt,Ee=n=>n,Ce=()=>document.createComment(""),L=(n,e,t)=>{const s=n._$AA.parentNode,i=e===void 0?n._$AB:e._$AA;if(t===void 0){const r=s.insertBefore(Ce(),i),o=s.insertBefore(Ce(),i);t=new dn(r,o,n,n.options)}else{const r=t._$AB.nextSibling,o=t._$AM,l=o!==n;if(l){let c;t._$AQ?.(n),t._$AM=n,t._$AP!==void 0&&(c=n._$AU)!==o._$AU&&t._$AP(c)}if(r!==i||l){let c=t._$AA;for(;c!==r;){const p=Ee(c).nextSibling;Ee(s).insertBefore(c,i),c=p}}}return t},x=(n,e,t=n)=>(n._$AI(e,t),n),un={},hn=(n,e=un)=>n._$AH=e,pn=n=>n._$AH,Y=n=>{n._$AR(),n._$AA.remove()};const Te=(n,e,t)=>{const s=new Map;for(let i=e;i<=t;i++)s.set(n[i],i);return s},ae=Ve(class extends Ke{constructor(n){if(super(n),n.type!==We.CHILD)throw Error("repeat() can only be used in text expressions")}dt(n,e,t){let s;t===void 0?t=e:e!==void 0&&(s=e);const i=[],r=[];let o=0;for(const l of n)i[o]=s?s(l,o):o,r[o]=t(l,o),o++;return{values:r,keys:i}}render(n,e,t){return this.dt(n,e,t).values}update(n,[e,t,s]){const i=pn(n),{values:r,keys:o}=this.dt(e,t,s);if(!Array.isArray(i))return this.ut=o,r;const l=this.ut??=[],c=[];let p,v,u=0,f=i.length-1,h=0,b=r.length-1;for(;u<=f&&h<=b;)if(i[u]===null)u++;else if(i[f]===null)f--;else if(l[u]===o[h])c[h]=x(i[u],r[h]),u++,h++;else if(l[f]===o[b])c[b]=x(i[f],r[b]),f--,b--;else if(l[u]===o[b])c[b]=x(i[u],r[b]),L(n,c[b+1],i[u]),u++,b--;else if(l[f]===o[h])c[h]=x(i[f],r[h]),L(n,i[u],i[f]),f--,h++;else if(p===void 0&&(p=Te(o,h,b),v=Te(l,u,f)),p.has(l[u]))if(p.has(l[f])){const y=v.get(o[h]),K=y!==void 0?i[y]:null;if(K===null){const de=L(n,i[u]);x(de,r[h]),c[h]=de}else c[h]=x(K,r[h]),L(n,i[u],K),i[y]=null;h++}else Y(i[f]),f--;else Y(i[u]),u++;for(;h<=b;){const y=L(n,c[b+1]);x(y,r[h]),c[h++]=y}for(;u<=f;){const y=i[u++];y!==null&&Y(y)}return this.ut=o,hn(n,c),w}}),Qe={fr:"fr-FR",en:"en-GB"},fn=/^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2}))?$/;function O(n,e){const t=new Date(n);return Number.isNaN(t.getTime())?n:new Intl.DateTimeFormat(Qe[e],{day:"numeric",month:"long",year:"numeric",...n.length===10?{timeZone:"UTC"}:{}}).format(t)}function Ye(n,e,t){if(typeof n=="boolean")return t(n?"value.yes":"value.no");if(typeof n=="number")return new Intl.NumberFormat(Qe[e]).format(n);if(fn.test(n))return O(n,e);const s=`status.${n}`;return H(s)?t(s):n}function Ze(n,e){if(n.label!==null)return n.label;for(const s of[`field.${n.name}`,n.name])if(H(s))return e(s);const t=n.name.replace(/^history\./,"").replaceAll("_"," ");return t.charAt(0).toUpperCase()+t.slice(1)}function le(n,e,t){const s=`${n}.${e}`;return H(s)?t(s):e.replaceAll("_"," ")}function V(n,e){return le("channel",n,e)}function ce(n){return n>=.85?"high":n>=.6?"medium":"low"}function Je(n,e){return e(`confidence.${ce(n)}`)}const Me=.25;function mn(n){const e=n.at(-1);if(e===void 0)return null;const t=e.label==="negative"||e.label==="positive"?e.label:"neutral";if(n.length<3)return{level:t,trend:null};const s=n.map(c=>c.score),i=Oe(s.slice(-2)),r=Oe(s.slice(-5,-2)),o=i-r,l=o>Me?"rising":o<-Me?"falling":"steady";return{level:t,trend:l}}function Oe(n){return n.reduce((e,t)=>e+t,0)/Math.max(1,n.length)}function gn(n,e){const t=e(`mood.${n.level}`);return n.trend===null?t:`${t}, ${e(`mood.${n.trend}`)}`}function vn(n){const e=new Set;for(const t of n){if(t.promise===null)continue;n.some(i=>i.outcome==="solved"&&Date.parse(i.at)>Date.parse(t.at))||e.add(t.id)}return e}function bn(n,e){const t=Array.from(n),s=[0,...e.map(i=>Math.min(Math.max(i,0),t.length)),t.length];return s.slice(1).map((i,r)=>t.slice(s[r],i).join(""))}const yn={voice:m`<path d="M5.200 3.500h2.300l1.300 3.400-1.700 1.300a9 9 0 0 0 4.700 4.700l1.300-1.700 3.400 1.300v2.300c0 .9-.7 1.700-1.700 1.700C8.900 16.500 3.500 11.100 3.500 5.200c0-1 .8-1.700 1.700-1.700Z"/>`,chat:m`<path d="M4 4.500h12c.6 0 1 .4 1 1v7.500c0 .6-.4 1-1 1H9l-3.500 3v-3H4c-.6 0-1-.4-1-1V5.500c0-.6.4-1 1-1Z"/>`,mail:m`<path d="M3.500 5h13v10h-13z M3.500 5.500l6.500 5 6.500-5"/>`,action:m`<path d="M4 10h10.500M10.500 5.500 15 10l-4.500 4.500"/>`,cue:m`<path d="M10 3.500c.5 3.700 2.300 5.600 6 6.500-3.700.9-5.500 2.800-6 6.500-.5-3.700-2.300-5.600-6-6.500 3.700-.9 5.500-2.800 6-6.500Z"/>`,book:m`<path d="M10 5.500C8.500 4.300 6.300 4 3.500 4v11c2.800 0 5 .3 6.500 1.500 1.500-1.200 3.700-1.500 6.500-1.500V4c-2.800 0-5 .3-6.500 1.500Zm0 0v11"/>`,quote:m`<path d="M4 13.500c2-.6 3-1.900 3-4H4.500V6H8v3.500c0 3-1.300 4.900-3.600 5.500M11.500 13.500c2-.6 3-1.900 3-4H12V6h3.500v3.500c0 3-1.300 4.900-3.600 5.500"/>`,list:m`<path d="m3.500 6 1.200 1.200L7 4.800M3.500 13l1.200 1.200L7 11.800M10 6h6.500M10 13h6.500"/>`,check:m`<path d="m4.500 10.500 3.800 3.800 7.200-8.600"/>`,close:m`<path d="m5.500 5.500 9 9m0-9-9 9"/>`,chevron:m`<path d="m5.500 8 4.500 4.500L14.500 8"/>`,down:m`<path d="M10 4.500v11M5.500 11l4.500 4.500 4.500-4.500"/>`,live:m`<circle cx="10" cy="10" r="2.200" fill="currentColor"/><path d="M6 14a5.600 5.600 0 0 1 0-8m8 0a5.600 5.600 0 0 1 0 8"/>`,wait:m`<path d="M15.500 10a5.500 5.500 0 1 1-2-4.200M13.700 3v3h-3"/>`,off:m`<path d="M6 14a5.600 5.600 0 0 1 0-8m8 0a5.600 5.600 0 0 1 0 8M4 4l12 12"/>`,done:m`<circle cx="10" cy="10" r="6.500"/><path d="m7 10.200 2.200 2.200 4-4.700"/>`,quiet:m`<path d="M15.800 12.400A6.300 6.300 0 0 1 7.600 4.200a6.300 6.300 0 1 0 8.200 8.200Z"/>`,help:m`<circle cx="10" cy="10" r="6.500"/><path d="M8.200 8.200c.1-1 .9-1.700 1.900-1.700s1.800.7 1.800 1.600c0 1.400-1.900 1.500-1.900 2.900"/><path d="M10 13.400v.1"/>`,mic:m`<path d="M10 3c1.200 0 2 .9 2 2v4.500a2 2 0 0 1-4 0V5c0-1.100.8-2 2-2ZM5.500 9.500a4.500 4.500 0 0 0 9 0M10 14v3M7.500 17h5"/>`,person:m`<circle cx="10" cy="7" r="3"/><path d="M4.500 16.500c.6-2.900 2.700-4.500 5.500-4.500s4.900 1.600 5.500 4.500"/>`,promise:m`<path d="M6 17V3.500M6 4.500h9l-2 3 2 3H6"/>`,warning:m`<path d="M10 4 17 16H3L10 4Zm0 4.500v3.500m0 1.800v.2"/>`,send:m`<path d="M3.500 10 16.500 4l-4 12.500-3-5.500-6-1Zm6 1 7-7"/>`,menu:m`<path d="M4 6.500h12M4 10h12M4 13.500h12"/>`};function g(n){return a`<svg class="icon" viewBox="0 0 20 20" aria-hidden="true">${yn[n]}</svg>`}const $n={next_best_action:"action",knowledge:"book",reply:"chat",cue:"cue",already_said:"quote",checklist:"list",form:"list"};function wn(n,e){return a`
    <section class="cards" aria-labelledby="cards-title">
      <div class="section-head">
        <h2 id="cards-title" tabindex="-1">${e("cards.title")}</h2>
        ${n.held.length===0?d:kn(n,e)}
      </div>
      ${n.cards.length===0?a`<p class="rest">${e(n.quiet?"cards.quietEmpty":"cards.empty")}</p>`:d}
      <div class="card-list">
        ${ae(n.cards,t=>t.suggestion.id,t=>_n(t.suggestion,n,e))}
      </div>
      ${n.done.length===0?d:xn(n,e)}
    </section>
  `}function kn(n,e){const t=n.held.length;return a`
    <span class="held">
      <span>${t===1?e("cards.heldOne"):e("cards.heldMany",{count:t})}</span>
      <button class="link" data-act="pull" aria-keyshortcuts="Alt+S" @click=${n.onPull}>
        ${e("cards.pull")}
      </button>
    </span>
  `}function xn(n,e){return a`
    <div class="done">
      <h3>${e("cards.doneTitle")}</h3>
      <ul>
        ${ae(n.done,t=>t.suggestion.id,t=>a`<li>${g("check")}<span>${t.suggestion.title}</span></li>`)}
      </ul>
    </div>
  `}function _n(n,e,t){const s=e.open===n.id,i=ce(n.confidence);return a`
    <article
      class="card ${n.kind}"
      data-card=${n.id}
      tabindex=${e.focused===n.id?"0":"-1"}
      aria-labelledby="title-${n.id}"
      @focusin=${()=>e.onFocus(n.id)}
    >
      <header>
        <span class="kind">${g($n[n.kind]??"action")}${le("kind",n.kind,t)}</span>
        <span class="sure ${i}">
          <span class="sr">${t("confidence.prefix")} </span>${Je(n.confidence,t)}
        </span>
      </header>
      <h3 id="title-${n.id}">${n.title}</h3>
      ${n.body?a`<p class="body">${n.body}</p>`:d}
      <p class="reason">${n.reason}</p>
      <div class="acts">
        ${An(n,e,t)}
        <button
          class="ghost"
          data-act="why"
          aria-expanded=${s?"true":"false"}
          aria-controls="why-${n.id}"
          aria-keyshortcuts="Alt+W"
          @click=${()=>e.onWhy(n)}
        >
          ${t("cards.why")}${g("chevron")}
        </button>
        <button
          class="ghost dismiss"
          data-act="dismiss"
          aria-keyshortcuts="Alt+D"
          @click=${()=>e.onDismiss(n)}
        >
          ${t("cards.dismiss")}
        </button>
      </div>
      <div class="why" id="why-${n.id}" ?hidden=${!s}>
        <h4>${t("cards.sources")}</h4>
        <ul>
          ${n.evidence.map(r=>a`<li>${Sn(r,e,t)}</li>`)}
        </ul>
      </div>
    </article>
  `}function An(n,e,t){if(n.actions.length>0)return n.actions.map((i,r)=>a`<button
        class=${r===0?"primary":"ghost"}
        data-act="accept"
        aria-keyshortcuts=${r===0?"Alt+A":d}
        @click=${()=>e.onAccept(n,i.id)}
      >
        ${i.label}
      </button>`);const s=`accept.${n.kind}`;return a`<button
    class="primary"
    data-act="accept"
    aria-keyshortcuts="Alt+A"
    @click=${()=>e.onAccept(n)}
  >
    ${t(H(s)?s:"accept.knowledge")}
  </button>`}function Sn(n,e,t){if(n.source==="turn"){const i=e.roleOf(n.turn_id);return a`
      <span class="origin">${t(i==="adviser"?"evidence.youSaid":i==="bot"?"evidence.botSaid":"evidence.said")}</span>
      <blockquote>${Ne(n.quote,e.lang)}</blockquote>
      <button class="link" data-act="go" @click=${()=>e.onGoToTurn(n.turn_id)}>
        ${t("cards.goToTurn")}
      </button>
    `}const s=O(n.date,e.lang);if(n.source==="document"){const{document_id:i,version:r}=n;return a`
      <span class="origin">${t("evidence.document",{id:i,version:r})}, ${s}</span>
      <blockquote>${Ne(n.quote,e.lang)}</blockquote>
    `}return a`
    <span class="fact">
      <b>${Ze({name:n.field,label:e.labelOf(n.field)},t)}</b>
      <span>${Ye(n.value,e.lang,t)}</span>
    </span>
    <span class="origin">${t("evidence.from",{origin:n.origin,date:s})}</span>
  `}function Ne(n,e){return e==="fr"?`« ${n} »`:`“${n}”`}const En=4;function Cn(n,e){const{customer:t}=n;return a`
    <section class="record" aria-labelledby="customer-title">
      <div class="section-head">
        <h2 id="customer-title">${e("customer.title")}</h2>
        ${t&&t.fields.length>0?a`<button
              class="link"
              data-act="origins"
              aria-pressed=${n.origins?"true":"false"}
              @click=${n.onOrigins}
            >
              ${e("customer.origins")}
            </button>`:d}
      </div>
      ${t===null?a`<p class="rest">${e("customer.none")}</p>`:a`
            <p class="name">${t.display_name??e("customer.unknown")}</p>
            ${Mn(t,n,e)}
            <dl class="fields">${t.fields.map(s=>Tn(s,n,e))}</dl>
            ${Nn(t,n,e)}
          `}
    </section>
  `}function Tn(n,e,t){const s=O(n.date,e.lang);return a`
    <div>
      <dt>${Ze(n,t)}</dt>
      <dd>
        ${Ye(n.value,e.lang,t)}
        ${e.origins?a`<span class="origin">${t("evidence.from",{origin:n.origin,date:s})}</span>`:d}
      </dd>
    </div>
  `}function Mn(n,e,t){const s=vn(n.history);return n.history.filter(i=>s.has(i.id)).map(i=>a`
        <div class="promise">
          ${g("promise")}
          <p>
            <b>${t("customer.openPromise")}</b>
            <span>${i.promise}</span>
            <span class="origin">${On(i,e,t)}${V(i.channel,t)},
              ${O(i.at,e.lang)}</span>
          </p>
        </div>
      `)}function On(n,e,t){if(n.promise_due===null)return d;const s=Date.parse(n.promise_due)<e.now.getTime(),i=O(n.promise_due,e.lang);return a`<span class=${s?"late":""}
      >${t(s?"customer.overdue":"customer.due",{date:i})}</span
    > · `}function Nn(n,e,t){const s=[...n.history].sort((o,l)=>Date.parse(l.at)-Date.parse(o.at)),i=e.allHistory?s:s.slice(0,En),r=s.length-i.length;return a`
    <h3>${t("customer.history")}</h3>
    ${s.length===0?a`<p class="rest">${t("customer.noHistory")}</p>`:d}
    <ol class="history">
      ${i.map(o=>a`
          <li>
            <span class="origin">
              ${O(o.at,e.lang)} · ${V(o.channel,t)}
              ${o.outcome?a`· <span class="outcome ${o.outcome}">${t(`outcome.${o.outcome}`)}</span>`:d}
            </span>
            <p>${o.summary}</p>
            ${e.origins?a`<span class="origin">${o.origin}</span>`:d}
          </li>
        `)}
    </ol>
    ${r>0?a`<button class="link" @click=${e.onAllHistory}>
          ${t("customer.more",{count:r})}
        </button>`:d}
  `}function Ln(n,e){if(n.phase==="signed_out")return Rn(n,e);const t={connecting:"wait",joining:"wait",waiting:"cue",forbidden:"off",unknown:"off",superseded:"off"},i={unknown:"state.retry",forbidden:"state.retry",superseded:"state.resumeHere"}[n.phase];return a`
    <main class="gate ${n.phase}">
      <div class="emblem">${g(t[n.phase])}</div>
      <div role="status">
        <h2>${e(`state.${n.phase}Title`)}</h2>
        <p>${e(`state.${n.phase}Body`)}</p>
      </div>
      ${i?a`<button class="primary" @click=${n.onRetry}>${e(i)}</button>`:d}
      ${n.phase==="waiting"?n.meanwhile:d}
    </main>
  `}function Rn(n,e){return a`
    <main class="gate signed_out">
      <form @submit=${s=>{s.preventDefault();const i=new FormData(s.target).get("token");typeof i=="string"&&i.trim()&&n.onToken(i.trim())}}>
        <h2>${e("signin.title")}</h2>
        <p>${e("signin.body")}</p>
        ${n.tokenRefused?a`<p class="late" role="alert">${e("signin.expired")}</p>`:d}
        <label for="token">${e("signin.label")}</label>
        <input id="token" name="token" type="password" autocomplete="off" required />
        <button class="primary">${e("signin.submit")}</button>
      </form>
    </main>
  `}const Ge={voice:"voice",email:"mail"};function Pn(n,e){const{screen:t}=n,s=t?.customer?.display_name;return a`
    <header class="bar">
      <h1 class="brand">${In}<span>Souffleur</span></h1>
      ${t?.channel?a`<p class="about" data-testid="channel">
            ${g(Ge[t.channel]??"chat")}
            <span>${V(t.channel,e)}</span>
            ${s?a`<b>${s}</b>`:d}
          </p>`:a`<p class="about"></p>`}
      ${zn(n,e)} ${Hn(n,e)}
      ${t===null?d:qn(n,e)}
      <div class="langs" role="group" aria-label=${e("header.language")}>
        ${["fr","en"].map(i=>a`<button
            data-lang=${i}
            lang=${i}
            aria-pressed=${n.lang===i?"true":"false"}
            aria-label=${i==="fr"?"Français":"English"}
            @click=${()=>n.onLang(i)}
          >
            ${i.toUpperCase()}
          </button>`)}
      </div>
      <button class="tool" data-act="help" aria-label=${e("header.help")} @click=${n.onHelp}>
        ${g("help")}
      </button>
    </header>
  `}function qn(n,e){return a`
    <button
      class="tool quiet"
      data-act="quiet"
      aria-pressed=${n.quiet?"true":"false"}
      aria-keyshortcuts="Alt+Q"
      title=${e(n.quiet?"header.quietOn":"header.quietOff")}
      @click=${n.onQuiet}
    >
      ${g("quiet")}<span class="tool-label">${e("header.quiet")}</span>
    </button>
  `}const In=a`<svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
  <rect width="32" height="32" rx="9" />
  <path
    class="bubble"
    d="M7 12.500c0-3 2.500-5.500 5.500-5.500h4c3 0 5.500 2.500 5.500 5.500S19.500 18 16.500 18h-3.200L9 21.600v-4.700a5.500 5.500 0 0 1-2-4.400Z"
  />
  <path class="breath" d="M19.500 23.500c2.800-.6 5-2.900 5.500-5.700M22 26.500c3.500-1.200 6.100-4.200 6.700-8" />
</svg>`;function zn(n,e){const t=n.link==="live"?Dn(n.screen):n.link;return a`
    <p class="state ${t}" role="status" data-state=${t}>
      ${g({live:"live",ready:"done",ended:"done",connecting:"wait",reconnecting:"wait"}[t]??"off")}<span>${e(`link.${t}`)}</span>
    </p>
  `}function Dn(n){return n===null?"ready":n.ended_at===null?"live":"ended"}function Hn(n,e){if(n.conversations.length===0)return d;const t=(s,i)=>{s.currentTarget.closest("[popover]")?.hidePopover(),n.onPick(i)};return a`
    <button
      class="tool"
      data-act="conversations"
      popovertarget="conversations"
      title=${e("header.chooseConversation")}
    >
      ${g("menu")}<span class="tool-label">${e("header.conversations")}</span>
      <span class="count">${n.conversations.length}</span>
    </button>
    <div id="conversations" class="sheet" popover aria-label=${e("header.chooseConversation")}>
      <h2>${e("header.chooseConversation")}</h2>
      <ul>
        ${n.conversations.map(s=>a`<li>
            <button
              data-conversation=${s.id}
              aria-current=${s.id===n.current?"true":"false"}
              @click=${i=>t(i,s.id)}
            >
              ${g(Ge[s.channel]??"chat")}
              <span>
                <b>${V(s.channel,e)}</b>
                <span class="origin">${s.customer_id??s.id}</span>
              </span>
              ${s.id===n.current?a`<span class="origin">${e("header.current")}</span>`:d}
            </button>
          </li>`)}
      </ul>
    </div>
  `}const Un=[["Alt + A","help.accept"],["Alt + D","help.dismiss"],["Alt + W","help.why"],["Alt + S","help.pull"],["Alt + Q","help.quiet"],["Alt + C","help.speaker"]];function jn(n,e){const t=i=>i.currentTarget.closest("dialog")?.close(),s=i=>{t(i),n()};return a`
    <dialog class="help" aria-labelledby="help-title">
      <div class="section-head">
        <h2 id="help-title">${e("help.title")}</h2>
        <button class="tool" aria-label=${e("help.close")} @click=${t}>${g("close")}</button>
      </div>
      <p>${e("help.intro")}</p>
      <dl>
        ${Un.map(([i,r])=>a`<div><dt><kbd>${i}</kbd></dt><dd>${e(r)}</dd></div>`)}
        <div><dt><kbd>${e("help.arrows")}</kbd></dt><dd>${e("help.cards")}</dd></div>
      </dl>
      <p class="origin">${e("help.privacy")}</p>
      <button class="ghost" data-act="signout" @click=${s}>${e("signin.signOut")}</button>
    </dialog>
  `}function Bn(n,e){const{screen:t,stale:s,next:i}=n,r=new Set([...Object.keys(t.degraded),...n.outages]);return a`
    <div class="banners" role="status">
      ${s?a`<p class="banner wait" data-banner="reconnecting">
            ${g("wait")}<span>${e("state.reconnecting")}</span>
          </p>`:d}
      ${[...r].map(o=>{const l=`degraded.${o}`;return a`<p class="banner warn" data-banner="degraded">
          ${g("warning")}<span>${e(H(l)?l:"degraded.other")}</span>
        </p>`})}
      ${t.ended_at!==null?a`<p class="banner" data-banner="ended">
            ${g("done")}
            <span>${e("state.ended")} ${i===null?d:e("state.next")}</span>
            ${i===null?d:a`<button class="link" data-act="next" @click=${n.onNext}>
                  ${e("state.follow")}
                </button>`}
          </p>`:d}
    </div>
  `}function Fn(n,e){return!n.unsent&&n.refusal===null?d:a`
    <div class="notice" role="alert">
      <span>
        ${n.unsent?e("notice.unsent"):e("notice.error",{detail:n.refusal??""})}
      </span>
      <button class="tool" aria-label=${e("notice.close")} @click=${n.onClose}>
        ${g("close")}
      </button>
    </div>
  `}const Wn=8e3;function Vn(n,e){const t=i=>{i.key!=="Enter"||i.shiftKey||i.isComposing||(i.preventDefault(),n.onSend())};return a`
    <form class="reply" @submit=${i=>{i.preventDefault(),n.onSend()}}>
      <label class="sr" for="reply">${e("reply.label")}</label>
      <textarea
        id="reply"
        rows="2"
        maxlength=${Wn}
        placeholder=${e("reply.placeholder")}
        aria-describedby="reply-hint"
        @keydown=${t}
      ></textarea>
      <button class="primary" data-act="send" ?disabled=${!n.online}>
        ${g("send")}<span>${e("reply.send")}</span>
      </button>
      <span id="reply-hint" class="origin">${e(n.online?"reply.hint":"reply.offline")}</span>
    </form>
  `}const Kn=4;function Qn(n){const e=new Set;for(const{moment:s}of n.toReversed())e.size<Kn&&e.add(s);return[...new Set(n.map(({moment:s})=>s))].filter(s=>e.has(s))}function Yn(n,e){const t=Qn(n.moments);return t.length===0?d:a`
    <ul class="moments" aria-label=${e("moments.title")} data-testid="moments">
      ${t.map(s=>{const i=n.moments.findLast(({moment:r})=>r===s);return a`<li>
          <button
            data-moment=${s}
            aria-pressed=${n.open===s?"true":"false"}
            title=${e("moments.quote",{quote:i.evidence.quote})}
            @click=${()=>n.onOpen(s)}
          >
            ${le("moment",s,e)}
          </button>
        </li>`})}
    </ul>
  `}const X=132,B=34,q=5;function Zn(n){const e=n.slice(-24),t=(X-2*q)/Math.max(7,e.length-1);return e.map((s,i)=>({x:q+i*t,y:B/2-s.score*(B/2-q)}))}function Jn(n){const[e,...t]=n;if(e===void 0)return"";let s=e,i=`M${e.x.toFixed(1)} ${e.y.toFixed(1)}`;for(const r of t){const o=((s.x+r.x)/2).toFixed(1);i+=`C${o} ${s.y.toFixed(1)} ${o} ${r.y.toFixed(1)} ${r.x.toFixed(1)} ${r.y.toFixed(1)}`,s=r}return i}function Gn(n,e){const t=mn(n);if(t===null)return a`<span class="faint">${e("strip.noMood")}</span>`;const s=Zn(n),i=s.at(-1),r=gn(t,e);return a`
    <svg class="moodline" viewBox="0 0 ${X} ${B}" aria-hidden="true">
      <path class="moodbase" d="M${q} ${B/2}H${X-q}" />
      <path class="moodpath" d=${Jn(s)} />
      ${m`<circle class="mooddot ${t.level}" cx=${i.x.toFixed(1)} cy=${i.y.toFixed(1)} r="4" />`}
    </svg>
    <span class="moodwords" title=${e("mood.note")}>${r}</span>
  `}function Xn(n,e){const{intent:t,mood:s}=n.screen,i=t?.label??null,r=i===null?null:n.labels[i]?.[n.lang]??i.replaceAll("_"," ");return a`
    <div class="strip">
      <div class="now">
        <h2>${e("strip.intent")}</h2>
        <p data-testid="intent">
          ${r===null?a`<span class="faint">${e("strip.noIntent")}</span>`:a`<b>${r}</b>`}
          ${t===null||r===null?d:a`<span class="sure ${ce(t.confidence)}">
                <span class="sr">${e("confidence.prefix")} </span>${Je(t.confidence,e)}
              </span>`}
        </p>
        ${Yn(n.moments,e)}
      </div>
      <div class="mood">
        <h2>${e("strip.mood")}</h2>
        <p data-testid="mood">${Gn(s,e)}</p>
      </div>
    </div>
  `}function es(n,e){const{call:t,open:s}=n;return a`
    <div class="trial">
      <button
        class="ghost"
        data-act="test-call"
        aria-expanded=${s?"true":"false"}
        aria-controls="trial"
        @click=${n.onOpen}
      >
        ${g("mic")}${e("trial.title")}
      </button>
      <section id="trial" class="trial-form" aria-label=${e("trial.title")} ?hidden=${!s}>
        <p>${e("trial.intro")}</p>
        ${ns(n,e)} ${et(t,"trial.first",e)}
        <button
          class="primary"
          data-act="test-call-start"
          ?disabled=${t.active}
          @click=${n.onStart}
        >
          ${e(t.state==="starting"?"trial.starting":"trial.start")}
        </button>
        ${Xe(t,e)}
        <p class="origin">${e("trial.privacy")}</p>
      </section>
    </div>
  `}function ts(n,e,t){const{call:s}=n;return s.state==="live"||s.state==="ending"?a`
      <section class="trial-bar" aria-label=${t("trial.title")} data-trial=${s.state}>
        <p role="status">
          ${g("mic")}<span>${t(`trial.${s.state}`)}</span>
          ${s.state==="live"?a`<span class="sr">${t(`trial.${s.speaker}`)}</span>`:d}
        </p>
        ${s.state==="live"?a`${et(s,"trial.who",t)}
              <button class="primary" data-act="test-call-stop" @click=${()=>s.stop()}>
                ${t("trial.stop")}
              </button>`:d}
      </section>
    `:s.state==="idle"||e===null||s.conversationId!==e?d:a`
    <section class="trial-bar" aria-label=${t("trial.title")} data-trial="ended">
      <p role="status">${g("done")}<span>${t("trial.ended")}</span></p>
      ${Xe(s,t)}
      <button
        class="ghost"
        data-act="test-call-start"
        ?disabled=${s.active}
        @click=${n.onStart}
      >
        ${t(s.active?"trial.starting":"trial.again")}
      </button>
    </section>
  `}function Xe(n,e){if(n.problem===null)return d;const t=e(`trial.problem.${n.problem}`,{detail:n.detail});return a`<p class="late" role="alert">${t}</p>`}function et(n,e,t){return a`
    <div class="pick">
      <span id="trial-party">${t(e)}</span>
      <div class="langs" role="group" aria-labelledby="trial-party">
        ${["customer","adviser"].map(s=>a`<button
            data-party=${s}
            aria-pressed=${n.speaker===s?"true":"false"}
            aria-keyshortcuts=${n.state==="live"?"Alt+C":d}
            @click=${()=>n.speakAs(s)}
          >
            ${t(`trial.${s}`)}
          </button>`)}
      </div>
      ${n.state==="live"?a`<kbd title=${t("help.speaker")}>Alt + C</kbd>`:d}
    </div>
  `}function ns(n,e){return a`
    <div class="pick">
      <span id="trial-language">${e("trial.language")}</span>
      <div class="langs" role="group" aria-labelledby="trial-language">
        ${["fr","en"].map(t=>a`<button
            data-speech=${t}
            lang=${t}
            aria-pressed=${n.language===t?"true":"false"}
            @click=${()=>n.call.speakIn(t)}
          >
            ${t==="fr"?"Français":"English"}
          </button>`)}
      </div>
    </div>
  `}const ss=Ve(class extends Ke{constructor(n){if(super(n),n.type!==We.ATTRIBUTE||n.name!=="class"||n.strings?.length>2)throw Error("`classMap()` can only be used in the `class` attribute and must be the only part in the attribute.")}render(n){return" "+Object.keys(n).filter(e=>n[e]).join(" ")+" "}update(n,[e]){if(this.st===void 0){this.st=new Set,n.strings!==void 0&&(this.nt=new Set(n.strings.join(" ").split(/\s/).filter(s=>s!=="")));for(const s in e)e[s]&&!this.nt?.has(s)&&this.st.add(s);return this.render(e)}const t=n.element.classList;for(const s of this.st)s in e||(t.remove(s),this.st.delete(s));for(const s in e){const i=!!e[s];i===this.st.has(s)||this.nt?.has(s)||(i?(t.add(s),this.st.add(s)):(t.remove(s),this.st.delete(s)))}return w}});function is(n){return[...n.turns,...n.partials].map((e,t)=>({turn:e,index:t})).sort((e,t)=>e.turn.start_ms-t.turn.start_ms||e.index-t.index).map(({turn:e})=>e)}function rs(n){const e=new Map;for(const t of n)t.source==="turn"&&e.set(t.turn_id,[...e.get(t.turn_id)??[],t]);return e}function os(n,e,t){if(e.length===0)return n.text;const s=[];for(const r of[...e].sort((o,l)=>o.start-l.start)){const o=s.at(-1);o&&r.start<=o.end?o.end=Math.max(o.end,r.end):s.push({start:r.start,end:r.end})}return bn(n.text,s.flatMap(r=>[r.start,r.end])).map((r,o)=>o%2===0?r:a`<mark><span class="sr">${t("transcript.quoted")} </span>${r}</mark>`)}function as(n,e,t,s){const i=e?.role===n.role,r={turn:!0,[n.role]:!0,partial:!n.final,follows:i};return a`
    <li class=${ss(r)} data-turn=${n.id} data-role=${n.role}>
      <span class=${i?"sr":"who"}>${s(`role.${n.role}`)}</span>
      <p class="said" lang=${n.language??d}>${os(n,t,s)}</p>
      ${n.final?d:a`<span class="sr">${s("turn.speaking")}</span>`}
    </li>
  `}function ls(n,e){const t=is(n.screen),s=n.screen.channel==="voice"?"off":"polite";return a`
    <div class="log-wrap">
      <div
        class="log"
        role="log"
        aria-live=${s}
        aria-label=${e("transcript.title")}
        tabindex="0"
        @scroll=${n.onScroll}
      >
        ${t.length===0?a`<p class="faint hint">${e("transcript.empty")}</p>`:d}
        <ol class="turns">
          ${ae(t,i=>i.id,(i,r)=>as(i,t[r-1],n.quotes.get(i.id)??[],e))}
        </ol>
      </div>
      ${n.newLines?a`<button class="newlines" @click=${n.onNewLines}>
            ${g("down")} ${e("transcript.newLines")}
          </button>`:d}
    </div>
  `}const cs=32,Le={cards:[],held:[],done:[]};class ds extends P{constructor(){super(),this.tray=Le,this.order=[],this.reported=new Set,this.shownConversation=null,this.shownTrial="idle",this.toldLanguage=null,this.turnCount=0,this.returnToEnd=!1,this.accept=(e,t)=>{this.send({type:"suggestion.accepted",suggestion_id:e.id,...t===void 0?{}:{action_id:t}})&&e.kind==="reply"&&this.insertReply(e.body??e.title),this.moveFocusFrom(e.id)},this.dismiss=e=>{this.send({type:"suggestion.dismissed",suggestion_id:e.id}),this.moveFocusFrom(e.id)},this.why=e=>{const t=this.open!==e.id;this.open=t?e.id:null,this.noted=null,this.focused=e.id;const s=e.evidence.find(i=>i.source==="turn");this.showQuote(t,s?.turn_id??null)},this.note=e=>{const t=this.noted!==e;this.noted=t?e:null,this.open=null,this.showQuote(t,this.notedMoments.at(-1)?.turn_id??null)},this.pull=()=>{const e=this.tray.held;for(const{suggestion:t}of e){if(!this.send({type:"suggestion.shown",suggestion_id:t.id}))return;this.reported.add(t.id)}},this.toggleQuiet=()=>{const e=this.screenNow;if(e===null)return;const{preferences:t}=e;this.send({type:"preferences",...t,quiet:!t.quiet})},this.onKey=e=>{const t=Ft(e);if(t==="speaker")return this.trial.state!=="live"?void 0:(e.preventDefault(),this.trial.switchSpeaker());t===null||this.screenNow===null||this.renderRoot.querySelector("dialog[open]")===null&&(e.preventDefault(),this.run(t))},this.onArrow=e=>{const t=e.key==="ArrowDown"?1:e.key==="ArrowUp"?-1:0;if(t===0||!e.target.closest(".card-list"))return;const s=this.tray.cards.map(r=>r.suggestion.id),i=s[s.indexOf(this.focused??"")+t];i!==void 0&&(e.preventDefault(),this.focusCard(i))},this.onScroll=e=>{const t=e.target;this.atEnd=t.scrollHeight-t.scrollTop-t.clientHeight<=cs,this.atEnd&&(this.returnToEnd=!1)},this.toEnd=()=>{this.atEnd=!0},this.reveal=e=>{this.tab="conversation",this.updateComplete.then(()=>{this.log?.querySelector(`[data-turn="${CSS.escape(e)}"]`)?.scrollIntoView({block:"nearest"})})},this.sendReply=()=>{const e=this.replyBox?.value.trim();!e||!this.send({type:"turn",text:e})||this.replyBox===null||(this.replyBox.value="",this.toEnd())},this.startTrial=()=>{const{token:e}=this.session;e!==null&&this.trial.start(this.base,e,this.trial.language??this.language)},this.conversationId=null,this.lang="fr",this.base=location.origin,this.tab="conversation",this.open=null,this.noted=null,this.focused=null,this.origins=!1,this.allHistory=!1,this.atEnd=!0,this.announcement="",this.notice=null,this.trialOpen=!1,this.session=new jt(()=>this.base,()=>this.requestUpdate()),this.trial=new an(e=>this.session.join(e),()=>this.requestUpdate())}static{this.styles=en}static{this.properties={conversationId:{attribute:"conversation-id"},lang:{reflect:!0},base:{},tab:{state:!0},open:{state:!0},noted:{state:!0},focused:{state:!0},origins:{state:!0},allHistory:{state:!0},atEnd:{state:!0},announcement:{state:!0},notice:{state:!0},trialOpen:{state:!0}}}signIn(e){this.session.signIn(e,this.conversationId)}signOut(){this.trial.abandon(),this.session.signOut()}connectedCallback(){super.connectedCallback(),window.addEventListener("keydown",this.onKey)}disconnectedCallback(){super.disconnectedCallback(),window.removeEventListener("keydown",this.onKey),this.trial.abandon(),this.session.close()}get language(){return this.lang==="en"?"en":"fr"}get screenNow(){return this.session.folded?.screen??null}willUpdate(){const e=this.screenNow;if(e?.conversation_id!==this.shownConversation&&this.forget(e),e===null){this.tray=Le;return}const s=Se(e,this.order).cards.map(o=>o.suggestion.id),i=s.filter(o=>!this.order.includes(o));this.order=cn(this.order,s,this.handOnCards()),this.tray=Se(e,this.order),i.length>0&&this.announce(i);const r=this.tray.cards[0]?.suggestion.id??null;(this.focused===null||!s.includes(this.focused))&&(this.focused=r),this.open!==null&&!s.includes(this.open)&&(this.open=null)}updated(e){this.reportShown(),this.reportLanguage(),this.followTrial();const t=this.log,s=this.screenNow;t===null||s===null||(this.turnCount=this.atEnd?s.turns.length:this.turnCount,this.atEnd&&(t.scrollTop=t.scrollHeight))}forget(e){this.shownConversation=e?.conversation_id??null,this.order=[],this.reported.clear(),this.open=null,this.noted=null,this.focused=null,this.allHistory=!1,this.atEnd=!0,this.announcement="",this.notice=null}handOnCards(){const e=this.renderRoot.querySelector(".card-list");return e!==null&&(e.matches(":hover")||e.matches(":focus-within"))}announce(e){const t=Ae(this.language);this.announcement=this.tray.cards.filter(s=>e.includes(s.suggestion.id)).map(s=>t("cards.new",{title:s.suggestion.title})).join(" ")}reportShown(){for(const{suggestion:e,state:t}of this.tray.cards)t!=="offered"||this.reported.has(e.id)||this.session.send({type:"suggestion.shown",suggestion_id:e.id})&&this.reported.add(e.id)}reportLanguage(){const e=this.screenNow;if(e===null||e.ended_at!==null)return;const t=`${e.conversation_id} ${this.language}`;if(t===this.toldLanguage)return;const{preferences:s}=e;if((s.language??e.language)!==this.language){const i={type:"preferences",...s,language:this.language};if(!this.session.send(i))return}this.toldLanguage=t}send(e){const t=this.session.send(e);return this.notice=t?null:"unsent",t}showQuote(e,t){e&&t!==null?(this.returnToEnd=this.returnToEnd||this.atEnd,this.updateComplete.then(()=>this.reveal(t))):!e&&this.returnToEnd&&(this.returnToEnd=!1,this.toEnd())}get notedMoments(){return this.screenNow?.moments.filter(({moment:e})=>e===this.noted)??[]}moveFocusFrom(e){if(!this.renderRoot.querySelector(".card-list")?.matches(":focus-within"))return;const s=this.tray.cards.map(r=>r.suggestion.id),i=s[s.indexOf(e)+1]??s[s.indexOf(e)-1];i===void 0?this.renderRoot.querySelector("#cards-title")?.focus():this.focusCard(i)}focusCard(e){this.focused=e,this.renderRoot.querySelector(`[data-card="${CSS.escape(e)}"]`)?.focus()}run(e){if(e==="quiet")return this.toggleQuiet();if(e==="pull")return this.pull();const s=this.tray.cards.find(i=>i.suggestion.id===this.focused)?.suggestion;s!==void 0&&(e==="accept"?this.accept(s,s.actions[0]?.id):e==="dismiss"?this.dismiss(s):this.why(s))}get log(){return this.renderRoot.querySelector(".log")}get replyBox(){return this.renderRoot.querySelector("#reply")}insertReply(e){const t=this.replyBox;t!==null&&(t.value=t.value.trim()?`${t.value.trimEnd()} ${e}`:e,t.focus())}followTrial(){const{state:e}=this.trial;if(e===this.shownTrial||(this.shownTrial=e,e!=="live"&&e!=="ended"))return;const t=e==="live"?'[aria-pressed="true"]':"button";this.renderRoot.querySelector(`.trial-bar ${t}`)?.focus()}get trialModel(){return{call:this.trial,language:this.trial.language??this.language,open:this.trialOpen,onOpen:()=>this.trialOpen=!this.trialOpen,onStart:this.startTrial}}render(){const e=Ae(this.language),{phase:t}=this.session,s=t==="showing"?this.screenNow:null;return a`
      <div class="panel" lang=${this.language} @keydown=${this.onArrow}>
        ${Pn({lang:this.language,screen:s,link:t==="signed_out"?"signed_out":this.session.linkState,quiet:s?.preferences.quiet??!1,conversations:this.session.conversations,current:this.session.current,onLang:i=>{this.lang=i,this.dispatchEvent(new CustomEvent("lang-changed",{detail:i,bubbles:!0}))},onQuiet:this.toggleQuiet,onHelp:()=>this.renderRoot.querySelector("dialog")?.showModal(),onPick:i=>this.session.pick(i)},e)}
        ${ts(this.trialModel,this.session.current,e)}
        ${s===null?Ln({phase:t==="showing"?"joining":t,tokenRefused:this.session.tokenRefused,onToken:i=>this.signIn(i),onRetry:()=>this.session.retry(),meanwhile:es(this.trialModel,e)},e):this.conversation(s,e)}
        <div class="sr" role="status" aria-live="polite" data-testid="announcement">
          ${this.announcement}
        </div>
        ${jn(()=>this.signOut(),e)}
      </div>
    `}conversation(e,t){const s=this.session,i=s.linkState!=="live",r=this.tray.cards.find(o=>o.suggestion.id===this.open);return a`
      ${Bn({screen:e,outages:s.outages,stale:i,next:s.next,onNext:()=>s.followNext()},t)}
      ${Fn({unsent:this.notice!==null,refusal:s.refusal,onClose:()=>{this.notice=null,s.dismissRefusal()}},t)}
      <main class="desk ${i?"stale":""}" data-tab=${this.tab}>
        ${Xn({screen:e,labels:s.labels,lang:this.language,moments:{moments:e.moments,open:this.noted,onOpen:this.note}},t)}
        ${this.tabs(t)}
        <section class="talk" id="talk" aria-label=${t("transcript.title")}>
          ${ls({screen:e,quotes:rs(r?.suggestion.evidence??this.notedMoments.map(({evidence:o})=>o)),newLines:!this.atEnd&&e.turns.length>this.turnCount,onScroll:this.onScroll,onNewLines:this.toEnd},t)}
          ${e.channel==="voice"||e.channel===null||e.ended_at!==null?d:Vn({online:!i,onSend:this.sendReply},t)}
        </section>
        <aside class="side">
          ${this.cards(e,t)}
          ${Cn({lang:this.language,now:new Date,customer:e.customer,origins:this.origins,allHistory:this.allHistory,onOrigins:()=>this.origins=!this.origins,onAllHistory:()=>this.allHistory=!0},t)}
        </aside>
      </main>
    `}cards(e,t){const s=new Map(e.turns.map(c=>[c.id,c.role])),i=e.customer?.fields??[],{cards:r,held:o,done:l}=this.tray;return wn({lang:this.language,cards:r,held:o,done:l,quiet:e.preferences.quiet,open:this.open,focused:this.focused,roleOf:c=>s.get(c)??null,labelOf:c=>i.find(p=>p.name===c)?.label??null,onAccept:this.accept,onDismiss:this.dismiss,onWhy:this.why,onPull:this.pull,onFocus:c=>this.focused=c,onGoToTurn:this.reveal},t)}tabs(e){return a`
      <div class="tabs" role="group" aria-label=${e("tabs.label")}>
        ${["conversation","customer"].map(t=>a`<button
            data-tab=${t}
            aria-pressed=${this.tab===t?"true":"false"}
            @click=${()=>this.tab=t}
          >
            ${e(`tabs.${t}`)}
          </button>`)}
      </div>
    `}}customElements.define("souffleur-panel",ds);const tt="souffleur.lang";function us(){try{return localStorage.getItem(tt)}catch{return null}}function hs(n,e){n.lang=e==="en"?"en":"fr",document.documentElement.lang=n.lang}const E=document.querySelector("souffleur-panel");if(E!==null){const n=nt(),e=navigator.language.startsWith("en")?"en":"fr",t=E.getAttribute("lang");hs(E,n.lang??t??us()??e),E.addEventListener("lang-changed",i=>{const r=i.detail;document.documentElement.lang=r;try{localStorage.setItem(tt,r)}catch{}}),n.conversation!==null&&(E.conversationId=n.conversation);const s=n.token??st();s!==null&&E.signIn(s)}export{Vt as STRINGS,ds as SouffleurPanel,Rt as apply,Nt as compareIds,gs as emptyScreen,Lt as fold,_e as follow,cn as nextOrder,Se as trayOf};
