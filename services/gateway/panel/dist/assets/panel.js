const Q="souffleur.token";function Ge(){const t=new URLSearchParams(location.hash.slice(1)),e={token:t.get("token"),conversation:t.get("conversation"),lang:t.get("lang")};if(e.token!==null){t.delete("token");const n=t.toString();history.replaceState(null,"",location.pathname+location.search+(n?`#${n}`:""))}return e}function Je(){try{return sessionStorage.getItem(Q)}catch{return null}}function le(t){try{t===null?sessionStorage.removeItem(Q):sessionStorage.setItem(Q,t)}catch{}}const U=globalThis,X=U.ShadowRoot&&(U.ShadyCSS===void 0||U.ShadyCSS.nativeShadow)&&"adoptedStyleSheets"in Document.prototype&&"replace"in CSSStyleSheet.prototype,ee=Symbol(),de=new WeakMap;let Ne=class{constructor(e,n,s){if(this._$cssResult$=!0,s!==ee)throw Error("CSSResult is not constructable. Use `unsafeCSS` or `css` instead.");this.cssText=e,this.t=n}get styleSheet(){let e=this.o;const n=this.t;if(X&&e===void 0){const s=n!==void 0&&n.length===1;s&&(e=de.get(n)),e===void 0&&((this.o=e=new CSSStyleSheet).replaceSync(this.cssText),s&&de.set(n,e))}return e}toString(){return this.cssText}};const Xe=t=>new Ne(typeof t=="string"?t:t+"",void 0,ee),B=(t,...e)=>{const n=t.length===1?t[0]:e.reduce((s,i,r)=>s+(o=>{if(o._$cssResult$===!0)return o.cssText;if(typeof o=="number")return o;throw Error("Value passed to 'css' function must be a 'css' function result: "+o+". Use 'unsafeCSS' to pass non-literal values, but take care to ensure page security.")})(i)+t[r+1],t[0]);return new Ne(n,t,ee)},et=(t,e)=>{if(X)t.adoptedStyleSheets=e.map(n=>n instanceof CSSStyleSheet?n:n.styleSheet);else for(const n of e){const s=document.createElement("style"),i=U.litNonce;i!==void 0&&s.setAttribute("nonce",i),s.textContent=n.cssText,t.appendChild(s)}},ce=X?t=>t:t=>t instanceof CSSStyleSheet?(e=>{let n="";for(const s of e.cssRules)n+=s.cssText;return Xe(n)})(t):t;const{is:tt,defineProperty:nt,getOwnPropertyDescriptor:st,getOwnPropertyNames:it,getOwnPropertySymbols:rt,getPrototypeOf:ot}=Object,F=globalThis,ue=F.trustedTypes,at=ue?ue.emptyScript:"",lt=F.reactiveElementPolyfillSupport,O=(t,e)=>t,G={toAttribute(t,e){switch(e){case Boolean:t=t?at:null;break;case Object:case Array:t=t==null?t:JSON.stringify(t)}return t},fromAttribute(t,e){let n=t;switch(e){case Boolean:n=t!==null;break;case Number:n=t===null?null:Number(t);break;case Object:case Array:try{n=JSON.parse(t)}catch{n=null}}return n}},Le=(t,e)=>!tt(t,e),he={attribute:!0,type:String,converter:G,reflect:!1,useDefault:!1,hasChanged:Le};Symbol.metadata??=Symbol("metadata"),F.litPropertyMetadata??=new WeakMap;let E=class extends HTMLElement{static addInitializer(e){this._$Ei(),(this.l??=[]).push(e)}static get observedAttributes(){return this.finalize(),this._$Eh&&[...this._$Eh.keys()]}static createProperty(e,n=he){if(n.state&&(n.attribute=!1),this._$Ei(),this.prototype.hasOwnProperty(e)&&((n=Object.create(n)).wrapped=!0),this.elementProperties.set(e,n),!n.noAccessor){const s=Symbol(),i=this.getPropertyDescriptor(e,s,n);i!==void 0&&nt(this.prototype,e,i)}}static getPropertyDescriptor(e,n,s){const{get:i,set:r}=st(this.prototype,e)??{get(){return this[n]},set(o){this[n]=o}};return{get:i,set(o){const d=i?.call(this);r?.call(this,o),this.requestUpdate(e,d,s)},configurable:!0,enumerable:!0}}static getPropertyOptions(e){return this.elementProperties.get(e)??he}static _$Ei(){if(this.hasOwnProperty(O("elementProperties")))return;const e=ot(this);e.finalize(),e.l!==void 0&&(this.l=[...e.l]),this.elementProperties=new Map(e.elementProperties)}static finalize(){if(this.hasOwnProperty(O("finalized")))return;if(this.finalized=!0,this._$Ei(),this.hasOwnProperty(O("properties"))){const n=this.properties,s=[...it(n),...rt(n)];for(const i of s)this.createProperty(i,n[i])}const e=this[Symbol.metadata];if(e!==null){const n=litPropertyMetadata.get(e);if(n!==void 0)for(const[s,i]of n)this.elementProperties.set(s,i)}this._$Eh=new Map;for(const[n,s]of this.elementProperties){const i=this._$Eu(n,s);i!==void 0&&this._$Eh.set(i,n)}this.elementStyles=this.finalizeStyles(this.styles)}static finalizeStyles(e){const n=[];if(Array.isArray(e)){const s=new Set(e.flat(1/0).reverse());for(const i of s)n.unshift(ce(i))}else e!==void 0&&n.push(ce(e));return n}static _$Eu(e,n){const s=n.attribute;return s===!1?void 0:typeof s=="string"?s:typeof e=="string"?e.toLowerCase():void 0}constructor(){super(),this._$Ep=void 0,this.isUpdatePending=!1,this.hasUpdated=!1,this._$Em=null,this._$Ev()}_$Ev(){this._$ES=new Promise(e=>this.enableUpdating=e),this._$AL=new Map,this._$E_(),this.requestUpdate(),this.constructor.l?.forEach(e=>e(this))}addController(e){(this._$EO??=new Set).add(e),this.renderRoot!==void 0&&this.isConnected&&e.hostConnected?.()}removeController(e){this._$EO?.delete(e)}_$E_(){const e=new Map,n=this.constructor.elementProperties;for(const s of n.keys())this.hasOwnProperty(s)&&(e.set(s,this[s]),delete this[s]);e.size>0&&(this._$Ep=e)}createRenderRoot(){const e=this.shadowRoot??this.attachShadow(this.constructor.shadowRootOptions);return et(e,this.constructor.elementStyles),e}connectedCallback(){this.renderRoot??=this.createRenderRoot(),this.enableUpdating(!0),this._$EO?.forEach(e=>e.hostConnected?.())}enableUpdating(e){}disconnectedCallback(){this._$EO?.forEach(e=>e.hostDisconnected?.())}attributeChangedCallback(e,n,s){this._$AK(e,s)}_$ET(e,n){const s=this.constructor.elementProperties.get(e),i=this.constructor._$Eu(e,s);if(i!==void 0&&s.reflect===!0){const r=(s.converter?.toAttribute!==void 0?s.converter:G).toAttribute(n,s.type);this._$Em=e,r==null?this.removeAttribute(i):this.setAttribute(i,r),this._$Em=null}}_$AK(e,n){const s=this.constructor,i=s._$Eh.get(e);if(i!==void 0&&this._$Em!==i){const r=s.getPropertyOptions(i),o=typeof r.converter=="function"?{fromAttribute:r.converter}:r.converter?.fromAttribute!==void 0?r.converter:G;this._$Em=i;const d=o.fromAttribute(n,r.type);this[i]=d??this._$Ej?.get(i)??d,this._$Em=null}}requestUpdate(e,n,s,i=!1,r){if(e!==void 0){const o=this.constructor;if(i===!1&&(r=this[e]),s??=o.getPropertyOptions(e),!((s.hasChanged??Le)(r,n)||s.useDefault&&s.reflect&&r===this._$Ej?.get(e)&&!this.hasAttribute(o._$Eu(e,s))))return;this.C(e,n,s)}this.isUpdatePending===!1&&(this._$ES=this._$EP())}C(e,n,{useDefault:s,reflect:i,wrapped:r},o){s&&!(this._$Ej??=new Map).has(e)&&(this._$Ej.set(e,o??n??this[e]),r!==!0||o!==void 0)||(this._$AL.has(e)||(this.hasUpdated||s||(n=void 0),this._$AL.set(e,n)),i===!0&&this._$Em!==e&&(this._$Eq??=new Set).add(e))}async _$EP(){this.isUpdatePending=!0;try{await this._$ES}catch(n){Promise.reject(n)}const e=this.scheduleUpdate();return e!=null&&await e,!this.isUpdatePending}scheduleUpdate(){return this.performUpdate()}performUpdate(){if(!this.isUpdatePending)return;if(!this.hasUpdated){if(this.renderRoot??=this.createRenderRoot(),this._$Ep){for(const[i,r]of this._$Ep)this[i]=r;this._$Ep=void 0}const s=this.constructor.elementProperties;if(s.size>0)for(const[i,r]of s){const{wrapped:o}=r,d=this[i];o!==!0||this._$AL.has(i)||d===void 0||this.C(i,void 0,r,d)}}let e=!1;const n=this._$AL;try{e=this.shouldUpdate(n),e?(this.willUpdate(n),this._$EO?.forEach(s=>s.hostUpdate?.()),this.update(n)):this._$EM()}catch(s){throw e=!1,this._$EM(),s}e&&this._$AE(n)}willUpdate(e){}_$AE(e){this._$EO?.forEach(n=>n.hostUpdated?.()),this.hasUpdated||(this.hasUpdated=!0,this.firstUpdated(e)),this.updated(e)}_$EM(){this._$AL=new Map,this.isUpdatePending=!1}get updateComplete(){return this.getUpdateComplete()}getUpdateComplete(){return this._$ES}shouldUpdate(e){return!0}update(e){this._$Eq&&=this._$Eq.forEach(n=>this._$ET(n,this[n])),this._$EM()}updated(e){}firstUpdated(e){}};E.elementStyles=[],E.shadowRootOptions={mode:"open"},E[O("elementProperties")]=new Map,E[O("finalized")]=new Map,lt?.({ReactiveElement:E}),(F.reactiveElementVersions??=[]).push("2.1.2");const te=globalThis,pe=t=>t,z=te.trustedTypes,fe=z?z.createPolicy("lit-html",{createHTML:t=>t}):void 0,Oe="$lit$",$=`lit$${Math.random().toFixed(9).slice(2)}$`,Pe="?"+$,dt=`<${Pe}>`,A=document,q=()=>A.createComment(""),H=t=>t===null||typeof t!="object"&&typeof t!="function",ne=Array.isArray,ct=t=>ne(t)||typeof t?.[Symbol.iterator]=="function",Y=`[ 	
\f\r]`,N=/<(?:(!--|\/[^a-zA-Z])|(\/?[a-zA-Z][^>\s]*)|(\/?$))/g,ge=/-->/g,me=/>/g,k=RegExp(`>|${Y}(?:([^\\s"'>=/]+)(${Y}*=${Y}*(?:[^ 	
\f\r"'\`<>=]|("|')|))|$)`,"g"),ve=/'/g,be=/"/g,Re=/^(?:script|style|textarea|title)$/i,qe=t=>(e,...n)=>({_$litType$:t,strings:e,values:n}),l=qe(1),g=qe(2),w=Symbol.for("lit-noChange"),c=Symbol.for("lit-nothing"),ye=new WeakMap,_=A.createTreeWalker(A,129);function He(t,e){if(!ne(t)||!t.hasOwnProperty("raw"))throw Error("invalid template strings array");return fe!==void 0?fe.createHTML(e):e}const ut=(t,e)=>{const n=t.length-1,s=[];let i,r=e===2?"<svg>":e===3?"<math>":"",o=N;for(let d=0;d<n;d++){const a=t[d];let p,m,u=-1,f=0;for(;f<a.length&&(o.lastIndex=f,m=o.exec(a),m!==null);)f=o.lastIndex,o===N?m[1]==="!--"?o=ge:m[1]!==void 0?o=me:m[2]!==void 0?(Re.test(m[2])&&(i=RegExp("</"+m[2],"g")),o=k):m[3]!==void 0&&(o=k):o===k?m[0]===">"?(o=i??N,u=-1):m[1]===void 0?u=-2:(u=o.lastIndex-m[2].length,p=m[1],o=m[3]===void 0?k:m[3]==='"'?be:ve):o===be||o===ve?o=k:o===ge||o===me?o=N:(o=k,i=void 0);const h=o===k&&t[d+1].startsWith("/>")?" ":"";r+=o===N?a+dt:u>=0?(s.push(p),a.slice(0,u)+Oe+a.slice(u)+$+h):a+$+(u===-2?d:h)}return[He(t,r+(t[n]||"<?>")+(e===2?"</svg>":e===3?"</math>":"")),s]};class I{constructor({strings:e,_$litType$:n},s){let i;this.parts=[];let r=0,o=0;const d=e.length-1,a=this.parts,[p,m]=ut(e,n);if(this.el=I.createElement(p,s),_.currentNode=this.el.content,n===2||n===3){const u=this.el.content.firstChild;u.replaceWith(...u.childNodes)}for(;(i=_.nextNode())!==null&&a.length<d;){if(i.nodeType===1){if(i.hasAttributes())for(const u of i.getAttributeNames())if(u.endsWith(Oe)){const f=m[o++],h=i.getAttribute(u).split($),v=/([.?@])?(.*)/.exec(f);a.push({type:1,index:r,name:v[2],strings:h,ctor:v[1]==="."?pt:v[1]==="?"?ft:v[1]==="@"?gt:V}),i.removeAttribute(u)}else u.startsWith($)&&(a.push({type:6,index:r}),i.removeAttribute(u));if(Re.test(i.tagName)){const u=i.textContent.split($),f=u.length-1;if(f>0){i.textContent=z?z.emptyScript:"";for(let h=0;h<f;h++)i.append(u[h],q()),_.nextNode(),a.push({type:2,index:++r});i.append(u[f],q())}}}else if(i.nodeType===8)if(i.data===Pe)a.push({type:2,index:r});else{let u=-1;for(;(u=i.data.indexOf($,u+1))!==-1;)a.push({type:7,index:r}),u+=$.length-1}r++}}static createElement(e,n){const s=A.createElement("template");return s.innerHTML=e,s}}function C(t,e,n=t,s){if(e===w)return e;let i=s!==void 0?n._$Co?.[s]:n._$Cl;const r=H(e)?void 0:e._$litDirective$;return i?.constructor!==r&&(i?._$AO?.(!1),r===void 0?i=void 0:(i=new r(t),i._$AT(t,n,s)),s!==void 0?(n._$Co??=[])[s]=i:n._$Cl=i),i!==void 0&&(e=C(t,i._$AS(t,e.values),i,s)),e}class ht{constructor(e,n){this._$AV=[],this._$AN=void 0,this._$AD=e,this._$AM=n}get parentNode(){return this._$AM.parentNode}get _$AU(){return this._$AM._$AU}u(e){const{el:{content:n},parts:s}=this._$AD,i=(e?.creationScope??A).importNode(n,!0);_.currentNode=i;let r=_.nextNode(),o=0,d=0,a=s[0];for(;a!==void 0;){if(o===a.index){let p;a.type===2?p=new T(r,r.nextSibling,this,e):a.type===1?p=new a.ctor(r,a.name,a.strings,this,e):a.type===6&&(p=new mt(r,this,e)),this._$AV.push(p),a=s[++d]}o!==a?.index&&(r=_.nextNode(),o++)}return _.currentNode=A,i}p(e){let n=0;for(const s of this._$AV)s!==void 0&&(s.strings!==void 0?(s._$AI(e,s,n),n+=s.strings.length-2):s._$AI(e[n])),n++}}class T{get _$AU(){return this._$AM?._$AU??this._$Cv}constructor(e,n,s,i){this.type=2,this._$AH=c,this._$AN=void 0,this._$AA=e,this._$AB=n,this._$AM=s,this.options=i,this._$Cv=i?.isConnected??!0}get parentNode(){let e=this._$AA.parentNode;const n=this._$AM;return n!==void 0&&e?.nodeType===11&&(e=n.parentNode),e}get startNode(){return this._$AA}get endNode(){return this._$AB}_$AI(e,n=this){e=C(this,e,n),H(e)?e===c||e==null||e===""?(this._$AH!==c&&this._$AR(),this._$AH=c):e!==this._$AH&&e!==w&&this._(e):e._$litType$!==void 0?this.$(e):e.nodeType!==void 0?this.T(e):ct(e)?this.k(e):this._(e)}O(e){return this._$AA.parentNode.insertBefore(e,this._$AB)}T(e){this._$AH!==e&&(this._$AR(),this._$AH=this.O(e))}_(e){this._$AH!==c&&H(this._$AH)?this._$AA.nextSibling.data=e:this.T(A.createTextNode(e)),this._$AH=e}$(e){const{values:n,_$litType$:s}=e,i=typeof s=="number"?this._$AC(e):(s.el===void 0&&(s.el=I.createElement(He(s.h,s.h[0]),this.options)),s);if(this._$AH?._$AD===i)this._$AH.p(n);else{const r=new ht(i,this),o=r.u(this.options);r.p(n),this.T(o),this._$AH=r}}_$AC(e){let n=ye.get(e.strings);return n===void 0&&ye.set(e.strings,n=new I(e)),n}k(e){ne(this._$AH)||(this._$AH=[],this._$AR());const n=this._$AH;let s,i=0;for(const r of e)i===n.length?n.push(s=new T(this.O(q()),this.O(q()),this,this.options)):s=n[i],s._$AI(r),i++;i<n.length&&(this._$AR(s&&s._$AB.nextSibling,i),n.length=i)}_$AR(e=this._$AA.nextSibling,n){for(this._$AP?.(!1,!0,n);e!==this._$AB;){const s=pe(e).nextSibling;pe(e).remove(),e=s}}setConnected(e){this._$AM===void 0&&(this._$Cv=e,this._$AP?.(e))}}class V{get tagName(){return this.element.tagName}get _$AU(){return this._$AM._$AU}constructor(e,n,s,i,r){this.type=1,this._$AH=c,this._$AN=void 0,this.element=e,this.name=n,this._$AM=i,this.options=r,s.length>2||s[0]!==""||s[1]!==""?(this._$AH=Array(s.length-1).fill(new String),this.strings=s):this._$AH=c}_$AI(e,n=this,s,i){const r=this.strings;let o=!1;if(r===void 0)e=C(this,e,n,0),o=!H(e)||e!==this._$AH&&e!==w,o&&(this._$AH=e);else{const d=e;let a,p;for(e=r[0],a=0;a<r.length-1;a++)p=C(this,d[s+a],n,a),p===w&&(p=this._$AH[a]),o||=!H(p)||p!==this._$AH[a],p===c?e=c:e!==c&&(e+=(p??"")+r[a+1]),this._$AH[a]=p}o&&!i&&this.j(e)}j(e){e===c?this.element.removeAttribute(this.name):this.element.setAttribute(this.name,e??"")}}class pt extends V{constructor(){super(...arguments),this.type=3}j(e){this.element[this.name]=e===c?void 0:e}}class ft extends V{constructor(){super(...arguments),this.type=4}j(e){this.element.toggleAttribute(this.name,!!e&&e!==c)}}class gt extends V{constructor(e,n,s,i,r){super(e,n,s,i,r),this.type=5}_$AI(e,n=this){if((e=C(this,e,n,0)??c)===w)return;const s=this._$AH,i=e===c&&s!==c||e.capture!==s.capture||e.once!==s.once||e.passive!==s.passive,r=e!==c&&(s===c||i);i&&this.element.removeEventListener(this.name,this,s),r&&this.element.addEventListener(this.name,this,e),this._$AH=e}handleEvent(e){typeof this._$AH=="function"?this._$AH.call(this.options?.host??this.element,e):this._$AH.handleEvent(e)}}class mt{constructor(e,n,s){this.element=e,this.type=6,this._$AN=void 0,this._$AM=n,this.options=s}get _$AU(){return this._$AM._$AU}_$AI(e){C(this,e)}}const vt={I:T},bt=te.litHtmlPolyfillSupport;bt?.(I,T),(te.litHtmlVersions??=[]).push("3.3.3");const yt=(t,e,n)=>{const s=n?.renderBefore??e;let i=s._$litPart$;if(i===void 0){const r=n?.renderBefore??null;s._$litPart$=i=new T(e.insertBefore(q(),r),r,void 0,n??{})}return i._$AI(t),i};const se=globalThis;let P=class extends E{constructor(){super(...arguments),this.renderOptions={host:this},this._$Do=void 0}createRenderRoot(){const e=super.createRenderRoot();return this.renderOptions.renderBefore??=e.firstChild,e}update(e){const n=this.render();this.hasUpdated||(this.renderOptions.isConnected=this.isConnected),super.update(e),this._$Do=yt(n,this.renderRoot,this.renderOptions)}connectedCallback(){super.connectedCallback(),this._$Do?.setConnected(!0)}disconnectedCallback(){super.disconnectedCallback(),this._$Do?.setConnected(!1)}render(){return w}};P._$litElement$=!0,P.finalized=!0,se.litElementHydrateSupport?.({LitElement:P});const $t=se.litElementPolyfillSupport;$t?.({LitElement:P});(se.litElementVersions??=[]).push("4.2.2");const wt=300,kt=1e4,xt=5e3,_t=3e3,$e=8e3,At={1008:"forbidden",4401:"signed_out",4403:"forbidden",4404:"unknown",4409:"superseded"};class St{constructor(e){this.options=e,this.socket=null,this.attempt=0,this.generation=0,this.timer=0,this.everLive=!1,this.current="stopped",this.retryNow=()=>{this.current==="live"||this.current==="stopped"||(this.attempt=0,this.abandon(),this.connect())},this.dropNow=()=>{this.current==="live"&&this.again(0)}}get state(){return this.current}start(){window.addEventListener("online",this.retryNow),window.addEventListener("offline",this.dropNow),this.connect()}stop(){window.removeEventListener("online",this.retryNow),window.removeEventListener("offline",this.dropNow),this.abandon(),this.set("stopped")}send(e){return this.current!=="live"||this.socket?.readyState!==WebSocket.OPEN?!1:(this.socket.send(JSON.stringify(e)),!0)}set(e){this.current!==e&&(this.current=e,this.options.onState(e))}abandon(){this.generation+=1,window.clearTimeout(this.timer),this.socket?.close(1e3),this.socket=null}again(e){this.abandon(),this.set(this.everLive?"reconnecting":"connecting");const n=Math.min(kt,wt*2**this.attempt);this.attempt+=1;const s=Math.max(e,n*(.5+Math.random()/2));this.timer=window.setTimeout(()=>{this.connect()},s)}rest(e){this.set(e),e==="unknown"&&(this.timer=window.setTimeout(()=>{this.connect()},_t))}async connect(){const e=this.generation;this.current!=="unknown"&&this.set(this.everLive?"reconnecting":"connecting");const n=await this.ticket();if(e!==this.generation)return;if(typeof n=="object"){"retryAfterMs"in n?this.again(n.retryAfterMs):this.rest(n.state);return}const s=new URL("/v1/adviser/stream",this.options.base);s.protocol=s.protocol==="https:"?"wss:":"ws:",this.options.conversationId!==null&&s.searchParams.set("conversation_id",this.options.conversationId);const i=new WebSocket(s,["souffleur.v1",`ticket.${n}`]);this.socket=i,this.timer=window.setTimeout(()=>{e===this.generation&&this.again(0)},$e),i.onopen=()=>{if(e!==this.generation)return;const r=this.options.lastEventId();r!==null&&i.send(JSON.stringify({type:"resume",last_event_id:r}))},i.onmessage=r=>{e===this.generation&&(window.clearTimeout(this.timer),this.attempt=0,this.everLive=!0,this.set("live"),this.options.onFrame(JSON.parse(r.data)))},i.onclose=r=>{if(e!==this.generation)return;const o=At[r.code];if(o===void 0){this.again(r.code===4429||r.code===1013?xt:0);return}this.abandon(),this.rest(o)}}async ticket(){const{base:e,token:n,conversationId:s}=this.options;try{const i=await fetch(new URL("/v1/tickets",e),{method:"POST",headers:{authorization:`Bearer ${n}`,"content-type":"application/json"},body:JSON.stringify(s===null?{}:{conversation_id:s}),signal:AbortSignal.timeout($e)});return i.ok?(await i.json()).ticket:i.status===401?{state:"signed_out"}:i.status===403?{state:"forbidden"}:i.status===404?{state:"unknown"}:{retryAfterMs:1e3*Number(i.headers.get("retry-after")??0)||0}}catch{return{retryAfterMs:0}}}}function we(t,e,n){return t.current!==null&&(t.picked||!n)?t.current:e.filter(r=>r.ended_at===null&&r.id!==t.current).reduce((r,o)=>r===null||Date.parse(o.started_at)>Date.parse(r.started_at)?o:r,null)?.id??t.current}function Et(t,e){const[n=0,s=0]=t.split("-").map(Number),[i=0,r=0]=e.split("-").map(Number);return n-i||s-r}function Ct(t,e){return Et(e.id,t.cursor)<=0?t:{cursor:e.id,screen:Tt(t.screen,e)}}function Yn(t){return{conversation_id:t,channel:null,language:null,started_at:null,ended_at:null,turns:[],partials:[],analyses:{},mood:[],intent:null,intent_turn_id:null,customer:null,cards:[],preferences:{language:null,quiet:!1,cards_per_minute:4,kinds:{}},degraded:{}}}function Tt(t,e){switch(e.type){case"conversation.started":return{...t,channel:e.data.channel,language:e.data.language,started_at:e.time};case"conversation.transferred":return t;case"conversation.ended":return{...t,ended_at:e.time,partials:[]};case"turn.partial":return Mt(t,e.data);case"turn.final":return Nt(t,e.data);case"turn.analysed":return Lt(t,e.data);case"context.updated":return{...t,customer:e.data.customer};case"suggestion.offered":case"suggestion.updated":return{...t,cards:Pt(t.cards,e.data.suggestion,e.data.held)};case"suggestion.withdrawn":case"suggestion.expired":return{...t,cards:t.cards.filter(n=>n.suggestion.id!==e.data.suggestion_id||ie.includes(n.state))};case"suggestion.shown":case"suggestion.accepted":case"suggestion.edited":case"suggestion.dismissed":return{...t,cards:Rt(t.cards,e.data.suggestion_id,Ot[e.type])};case"preferences.changed":return{...t,preferences:e.data};case"service.degraded":return{...t,degraded:{...t.degraded,[e.data.service]:e.data.reason}};case"service.restored":{const{[e.data.service]:n,...s}=t.degraded;return{...t,degraded:s}}default:return t}}function Mt(t,e){return t.turns.some(n=>n.id===e.id)?t:{...t,partials:Ie(t.partials,e)}}function Nt(t,e){return{...t,turns:Ie(t.turns,e),partials:t.partials.filter(n=>n.id!==e.id)}}function Ie(t,e){const n=t.filter(s=>s.id!==e.id);return De(n,e,s=>s.start_ms)}function De(t,e,n){const s=t.findLastIndex(i=>n(i)<=n(e))+1;return t.toSpliced(s,0,e)}function Lt(t,e){const n={...t,analyses:{...t.analyses,[e.turn_id]:e}},{sentiment:s,intent:i}=e.predictions;i&&i.label!==null&&(n.intent=i,n.intent_turn_id=e.turn_id);const r=t.turns.find(o=>o.id===e.turn_id);if(r?.role==="customer"&&s&&s.label!==null&&s.score!==null){const o={turn_id:r.id,at_ms:r.end_ms,label:s.label,score:s.score,confidence:s.confidence},d=t.mood.filter(a=>a.turn_id!==r.id);n.mood=De(d,o,a=>a.at_ms)}return n}const ie=["accepted","edited","dismissed"],Ot={"suggestion.shown":"shown","suggestion.accepted":"accepted","suggestion.edited":"edited","suggestion.dismissed":"dismissed"};function Pt(t,e,n){const s=t.findIndex(d=>d.suggestion.id===e.id),i=t[s];if(i===void 0)return[...t,{suggestion:e,state:n?"held":"offered"}];const o=ie.includes(i.state)||!n&&i.state==="shown"?i.state:n?"held":"offered";return t.with(s,{suggestion:e,state:o})}function Rt(t,e,n){return t.map(s=>s.suggestion.id===e&&(n!=="shown"||!ie.includes(s.state))?{...s,state:n}:s)}class qt{constructor(e,n){this.base=e,this.changed=n,this.token=null,this.tokenRefused=!1,this.folded=null,this.labels={},this.conversations=[],this.current=null,this.outages=[],this.refusal=null,this.picked=!1,this.pinned=!1,this.lobby=null,this.stream=null}signIn(e,n){this.close(),this.token=e,this.tokenRefused=!1,le(e),this.pinned=n!==null,this.pinned?this.show(n):(this.lobby=this.open(null),this.lobby.start(),this.current!==null&&this.show(this.current)),this.changed()}signOut(e=!1){this.close(),this.token=null,this.tokenRefused=e,e||(this.folded=null,this.current=null,this.picked=!1,this.conversations=[]),le(null),this.changed()}close(){this.lobby?.stop(),this.stream?.stop(),this.lobby=null,this.stream=null}pick(e){this.picked=!0,e!==this.current&&this.show(e),this.changed()}followNext(){this.picked=!1,this.followNewest(),this.changed()}retry(){this.stream?.retryNow(),this.lobby?.retryNow()}send(e){return this.stream?.send(e)??!1}dismissRefusal(){this.refusal=null,this.changed()}get ended(){return this.folded!==null&&this.folded.screen.ended_at!==null}get linkState(){return(this.stream??this.lobby)?.state??"stopped"}get phase(){if(this.token===null)return"signed_out";const e=this.linkState;return e==="forbidden"||e==="unknown"||e==="superseded"?e:this.folded!==null?"showing":this.current!==null?"joining":e==="live"?"waiting":"connecting"}get next(){if(!this.ended||this.pinned)return null;const e=we({current:this.current,picked:!1},this.conversations,!0);return e===this.current?null:e}show(e){this.stream?.stop(),e!==this.current&&(this.folded=null),this.current=e,this.refusal=null,this.outages=[],this.stream=e===null?null:this.open(e),this.stream?.start()}open(e){return new St({base:this.base(),token:this.token??"",conversationId:e,onFrame:n=>this.hear(n),onState:n=>{e!==null&&n!=="live"&&(this.outages=[]),n==="signed_out"?this.signOut(!0):this.changed()},lastEventId:()=>e===null?null:this.folded?.cursor??null})}hear(e){switch(e.type){case"snapshot":this.folded={cursor:e.cursor,screen:e.screen},this.labels=e.labels;break;case"event":this.folded!==null&&(this.folded=Ct(this.folded,e.event));break;case"conversations":this.conversations=e.items;break;case"degraded":case"restored":{const n=this.outages.filter(s=>s!==e.service);this.outages=e.type==="degraded"?[...n,e.service]:n;break}case"error":this.refusal=e.detail;break}this.followNewest(),this.changed()}followNewest(){if(this.pinned)return;const e=we({current:this.current,picked:this.picked},this.conversations,this.ended||this.linkState==="unknown"||this.linkState==="forbidden");e!==this.current&&this.show(e)}}const Ht={a:"accept",d:"dismiss",w:"why",s:"pull",q:"quiet"};function It(t){if(!t.altKey||t.ctrlKey||t.metaKey||t.shiftKey)return null;const e=t.key.toLowerCase(),n=/^[a-z]$/.test(e)?e:t.code.replace(/^Key/,"").toLowerCase();return Ht[n]??null}const Ue={productTagline:"Il souffle, vous jouez.",skipToSuggestions:"Aller aux suggestions","channel.voice":"Appel","channel.chat":"Tchat","channel.email":"E‑mail","channel.messaging":"Messagerie","channel.chatbot":"Chatbot","channel.self_service":"Libre-service","channel.shop":"Boutique","channel.letter":"Courrier","role.customer":"Client","role.adviser":"Vous","role.bot":"Assistant automatique","turn.speaking":"parle…","link.connecting":"Connexion…","link.live":"En direct","link.reconnecting":"Reconnexion…","link.signed_out":"Déconnecté","link.forbidden":"Accès refusé","link.unknown":"Introuvable","link.superseded":"Ouvert ailleurs","link.stopped":"À l’arrêt","link.ended":"Terminée","link.ready":"Connecté","state.connectingTitle":"Connexion en cours","state.connectingBody":"Le panneau rejoint le service.","state.waitingTitle":"Aucune conversation en cours","state.waitingBody":"La prochaine s’affichera ici d’elle-même.","state.joiningTitle":"Ouverture de la conversation","state.joiningBody":"Un instant, l’écran arrive.","state.reconnecting":"Connexion perdue : voici le dernier écran connu. Il se mettra à jour dès le retour de la connexion.","state.ended":"Cette conversation est terminée.","state.next":"Une autre conversation est en cours.","state.follow":"L’afficher","state.forbiddenTitle":"Vous n’avez pas accès à cette conversation","state.forbiddenBody":"Demandez ce droit à la personne qui gère Souffleur chez vous.","state.unknownTitle":"Conversation introuvable","state.unknownBody":"Elle n’a pas commencé, ou elle est effacée. Le panneau l’ouvrira dès qu’elle existera.","state.supersededTitle":"Le panneau est ouvert dans une autre fenêtre","state.supersededBody":"Il ne s’actualise que dans une fenêtre à la fois.","state.resumeHere":"Reprendre ici","state.retry":"Réessayer","degraded.transcribe":"La transcription est interrompue. Les suggestions reprendront avec elle ; le reste fonctionne.","degraded.assist":"L’analyse est interrompue : ni intention ni suggestion pour le moment. La conversation continue de s’afficher.","degraded.journal":"Le service est interrompu : rien de nouveau ne s’affiche pour le moment. L’écran se remettra à jour tout seul.","degraded.other":"Une partie du service est interrompue. Le reste fonctionne.","signin.title":"Ouvrir le panneau","signin.body":"Collez votre jeton d’accès. Il n’est gardé que dans cet onglet.","signin.expired":"Votre jeton n’est plus valable. Collez-en un nouveau.","signin.label":"Jeton d’accès","signin.submit":"Continuer","signin.signOut":"Se déconnecter","header.quiet":"Mode discret","header.quietOn":"Mode discret activé : les suggestions attendent que vous les appeliez.","header.quietOff":"Mode discret désactivé : les suggestions s’affichent.","header.language":"Langue de l’interface","header.help":"Aide et raccourcis","header.conversations":"Conversations","header.chooseConversation":"Choisir une conversation","header.current":"affichée","strip.intent":"Demande","strip.noIntent":"Pas encore claire","strip.mood":"Humeur du client","strip.noMood":"Pas encore d’indice","mood.negative":"plutôt tendue","mood.neutral":"neutre","mood.positive":"plutôt bonne","mood.rising":"en amélioration","mood.falling":"en baisse","mood.steady":"stable","mood.note":"D’après les mots du client seulement.","confidence.high":"sûr","confidence.medium":"probable","confidence.low":"à vérifier","confidence.prefix":"Confiance","transcript.title":"Conversation","transcript.empty":"Les échanges s’afficheront ici.","transcript.newLines":"Nouveaux échanges","transcript.quoted":"passage cité","cards.title":"Suggestions","cards.empty":"Rien à signaler. Vous avez la main.","cards.quietEmpty":"Mode discret : rien ne s’affiche sans vous.","cards.heldOne":"1 suggestion en attente","cards.heldMany":"{count} suggestions en attente","cards.pull":"Afficher","cards.new":"Nouvelle suggestion : {title}","cards.why":"Pourquoi ?","cards.dismiss":"Écarter","cards.doneTitle":"Retenu","cards.sources":"Ce qui l’a déclenchée","cards.goToTurn":"Voir dans la conversation","kind.next_best_action":"Prochaine action","kind.knowledge":"Base de connaissances","kind.reply":"Réponse proposée","kind.cue":"Signal","kind.already_said":"Déjà dit","kind.checklist":"Étapes","kind.form":"Formulaire","accept.next_best_action":"Je m’en occupe","accept.knowledge":"Utile","accept.reply":"Insérer","accept.cue":"Bien noté","accept.already_said":"Bien noté","accept.checklist":"C’est fait","accept.form":"Utiliser","evidence.said":"Le client a dit","evidence.youSaid":"Vous avez dit","evidence.botSaid":"L’assistant a dit","evidence.document":"Document {id}, version {version}","evidence.from":"{origin}, {date}","customer.title":"Client","customer.unknown":"Client non identifié","customer.none":"Aucune information reçue du CRM.","customer.origins":"Origine des informations","customer.history":"Contacts précédents","customer.noHistory":"Aucun contact précédent.","customer.openPromise":"Promesse en cours","customer.due":"pour le {date}","customer.overdue":"échue le {date}","customer.more":"Afficher les contacts plus anciens ({count})","outcome.solved":"Résolu","outcome.unsolved":"Non résolu","outcome.promised":"Promesse faite","outcome.transferred":"Transféré","outcome.abandoned":"Abandonné","value.yes":"Oui","value.no":"Non","status.approved":"Accordé","status.degraded":"Dégradée","status.delayed":"En retard","status.delivered":"Livrée","status.down":"En panne","status.failed":"Échec","status.in_transit":"En cours d’acheminement","status.incident":"Incident","status.late":"En retard","status.lost":"Perdue","status.none":"Aucun","status.ok":"Normal","status.paid":"Payé","status.preparing":"En préparation","status.requested":"Demandé","status.returned":"Retournée","status.terminated":"Résiliée","field.account_locked":"Compte bloqué","field.appointment_at":"Rendez-vous","field.carrier":"Transporteur","field.contract_end":"Fin de contrat","field.customer_since":"Client depuis","field.delivery_date":"Date de livraison","field.delivery_proof":"Preuve de livraison","field.discount_ended":"Fin de remise","field.identity_verified":"Identité vérifiée","field.invoice_due":"Échéance de la facture","field.invoice_id":"Facture","field.line_status":"État de la ligne","field.monthly_amount":"Mensualité","field.open_incident":"Incident en cours","field.order_amount":"Montant de la commande","field.order_expected_date":"Livraison prévue","field.order_id":"Commande","field.order_item":"Article","field.order_status":"État de la commande","field.payment_status":"Paiement","field.plan":"Forfait","field.previous_monthly_amount":"Mensualité précédente","field.refund_status":"Remboursement","field.tenure_months":"Ancienneté (mois)","field.vip":"Client privilégié","history.contacts_30d":"Contacts des 30 derniers jours","history.unsolved_contacts":"Contacts non résolus","history.open_promise":"Promesse en cours","history.failed_self_service":"Libre-service sans résultat","reply.label":"Votre réponse","reply.placeholder":"Écrivez votre réponse…","reply.send":"Envoyer","reply.hint":"Entrée pour envoyer, Maj + Entrée pour aller à la ligne","reply.offline":"Pas de connexion : la réponse partira quand vous la renverrez.","tabs.label":"Vue","tabs.conversation":"Conversation","tabs.customer":"Client","help.title":"Aide et raccourcis","help.intro":"Les raccourcis agissent sur la suggestion sélectionnée, sinon sur la première de la liste.","help.accept":"Retenir la suggestion","help.dismiss":"Écarter la suggestion","help.why":"Voir pourquoi elle est proposée","help.pull":"Afficher les suggestions en attente","help.quiet":"Activer ou désactiver le mode discret","help.cards":"Passer d’une suggestion à l’autre","help.arrows":"Flèches haut et bas","help.privacy":"Souffleur lit les mots du client pour vous aider. Il ne mesure ni ne note jamais votre travail.","help.close":"Fermer","notice.unsent":"Pas de connexion : votre choix n’est pas parti. Réessayez dans un instant.","notice.error":"Le service n’a pas pu prendre ce message : {detail}","notice.close":"Fermer ce message"},Dt={productTagline:"It prompts, you act.",skipToSuggestions:"Skip to suggestions","channel.voice":"Call","channel.chat":"Chat","channel.email":"Email","channel.messaging":"Messaging","channel.chatbot":"Chatbot","channel.self_service":"Self-service","channel.shop":"Shop","channel.letter":"Letter","role.customer":"Customer","role.adviser":"You","role.bot":"Automated assistant","turn.speaking":"speaking…","link.connecting":"Connecting…","link.live":"Live","link.reconnecting":"Reconnecting…","link.signed_out":"Signed out","link.forbidden":"Access denied","link.unknown":"Not found","link.superseded":"Open elsewhere","link.stopped":"Stopped","link.ended":"Ended","link.ready":"Connected","state.connectingTitle":"Connecting","state.connectingBody":"The panel is reaching the service.","state.waitingTitle":"No conversation right now","state.waitingBody":"The next one will open here by itself.","state.joiningTitle":"Opening the conversation","state.joiningBody":"One moment, the screen is on its way.","state.reconnecting":"Connection lost: this is the last known screen. It will catch up as soon as the connection is back.","state.ended":"This conversation has ended.","state.next":"Another conversation is live.","state.follow":"Show it","state.forbiddenTitle":"You do not have access to this conversation","state.forbiddenBody":"Ask the person who runs Souffleur in your company for it.","state.unknownTitle":"Conversation not found","state.unknownBody":"It has not begun, or it has been erased. The panel will open it as soon as it exists.","state.supersededTitle":"The panel is open in another window","state.supersededBody":"It updates in one window at a time.","state.resumeHere":"Resume here","state.retry":"Try again","degraded.transcribe":"Transcription is interrupted. Suggestions will come back with it; everything else works.","degraded.assist":"Analysis is interrupted: no intent and no suggestions for now. The conversation still shows.","degraded.journal":"The service is interrupted: nothing new shows for the moment. The screen will catch up by itself.","degraded.other":"Part of the service is interrupted. Everything else works.","signin.title":"Open the panel","signin.body":"Paste your access token. It is kept in this tab only.","signin.expired":"Your token is no longer valid. Paste a new one.","signin.label":"Access token","signin.submit":"Continue","signin.signOut":"Sign out","header.quiet":"Quiet mode","header.quietOn":"Quiet mode is on: suggestions wait until you call for them.","header.quietOff":"Quiet mode is off: suggestions show up.","header.language":"Interface language","header.help":"Help and shortcuts","header.conversations":"Conversations","header.chooseConversation":"Choose a conversation","header.current":"on screen","strip.intent":"Request","strip.noIntent":"Not clear yet","strip.mood":"Customer’s mood","strip.noMood":"No sign yet","mood.negative":"rather tense","mood.neutral":"neutral","mood.positive":"rather good","mood.rising":"improving","mood.falling":"slipping","mood.steady":"steady","mood.note":"From the customer’s words only.","confidence.high":"sure","confidence.medium":"likely","confidence.low":"to check","confidence.prefix":"Confidence","transcript.title":"Conversation","transcript.empty":"What is said will show here.","transcript.newLines":"New lines","transcript.quoted":"quoted passage","cards.title":"Suggestions","cards.empty":"Nothing to flag. The floor is yours.","cards.quietEmpty":"Quiet mode: nothing shows unless you ask.","cards.heldOne":"1 suggestion waiting","cards.heldMany":"{count} suggestions waiting","cards.pull":"Show","cards.new":"New suggestion: {title}","cards.why":"Why?","cards.dismiss":"Dismiss","cards.doneTitle":"Taken up","cards.sources":"What triggered it","cards.goToTurn":"See in the conversation","kind.next_best_action":"Next best action","kind.knowledge":"Knowledge base","kind.reply":"Suggested reply","kind.cue":"Cue","kind.already_said":"Already said","kind.checklist":"Steps","kind.form":"Form","accept.next_best_action":"I’m on it","accept.knowledge":"Useful","accept.reply":"Insert","accept.cue":"Noted","accept.already_said":"Noted","accept.checklist":"Done","accept.form":"Use","evidence.said":"The customer said","evidence.youSaid":"You said","evidence.botSaid":"The assistant said","evidence.document":"Document {id}, version {version}","evidence.from":"{origin}, {date}","customer.title":"Customer","customer.unknown":"Customer not identified","customer.none":"Nothing received from the CRM.","customer.origins":"Where this comes from","customer.history":"Earlier contacts","customer.noHistory":"No earlier contact.","customer.openPromise":"Open promise","customer.due":"due {date}","customer.overdue":"was due {date}","customer.more":"Show older contacts ({count})","outcome.solved":"Solved","outcome.unsolved":"Not solved","outcome.promised":"Promise made","outcome.transferred":"Transferred","outcome.abandoned":"Abandoned","value.yes":"Yes","value.no":"No","status.approved":"Approved","status.degraded":"Degraded","status.delayed":"Delayed","status.delivered":"Delivered","status.down":"Down","status.failed":"Failed","status.in_transit":"In transit","status.incident":"Incident","status.late":"Late","status.lost":"Lost","status.none":"None","status.ok":"Normal","status.paid":"Paid","status.preparing":"Being prepared","status.requested":"Requested","status.returned":"Returned","status.terminated":"Terminated","field.account_locked":"Account locked","field.appointment_at":"Appointment","field.carrier":"Carrier","field.contract_end":"Contract end","field.customer_since":"Customer since","field.delivery_date":"Delivery date","field.delivery_proof":"Proof of delivery","field.discount_ended":"Discount ended","field.identity_verified":"Identity verified","field.invoice_due":"Invoice due","field.invoice_id":"Invoice","field.line_status":"Line status","field.monthly_amount":"Monthly amount","field.open_incident":"Open incident","field.order_amount":"Order amount","field.order_expected_date":"Expected delivery","field.order_id":"Order","field.order_item":"Item","field.order_status":"Order status","field.payment_status":"Payment","field.plan":"Plan","field.previous_monthly_amount":"Previous monthly amount","field.refund_status":"Refund","field.tenure_months":"Tenure (months)","field.vip":"VIP","history.contacts_30d":"Contacts in the last 30 days","history.unsolved_contacts":"Unsolved contacts","history.open_promise":"Open promise","history.failed_self_service":"Failed self-service","reply.label":"Your reply","reply.placeholder":"Write your reply…","reply.send":"Send","reply.hint":"Enter to send, Shift + Enter for a new line","reply.offline":"No connection: the reply will go when you send it again.","tabs.label":"View","tabs.conversation":"Conversation","tabs.customer":"Customer","help.title":"Help and shortcuts","help.intro":"Shortcuts act on the selected suggestion, or else on the first one.","help.accept":"Take up the suggestion","help.dismiss":"Dismiss the suggestion","help.why":"See why it is proposed","help.pull":"Show the suggestions that wait","help.quiet":"Turn quiet mode on or off","help.cards":"Move between suggestions","help.arrows":"Up and down arrows","help.privacy":"Souffleur reads the customer’s words to help you. It never measures or scores your work.","help.close":"Close","notice.unsent":"No connection: your choice was not sent. Try again in a moment.","notice.error":"The service could not take this message: {detail}","notice.close":"Close this message"},Ut={fr:Ue,en:Dt};function ke(t){const e=Ut[t];return(n,s={})=>e[n].replace(/\{(\w+)\}/g,(i,r)=>String(s[r]??i))}function D(t){return Object.hasOwn(Ue,t)}const zt=B`
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
`,jt=B`
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

    .mood {
      grid-column: 2 / -1;
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
`,Bt=B`
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
`,Ft=B`
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
`,Vt=[Ft,jt,Bt,zt];function xe(t,e){const{quiet:n,kinds:s}=t.preferences,i=t.cards.filter(d=>d.state==="offered"||d.state==="shown"||d.state==="held"),r=d=>d.state==="held"||d.state==="offered"&&!e.includes(d.suggestion.id)&&(n||s[d.suggestion.kind]===!1),o=d=>e.indexOf(d.suggestion.id);return{cards:i.filter(d=>!r(d)).sort((d,a)=>o(d)-o(a)),held:i.filter(r),done:t.cards.filter(d=>d.state==="accepted"||d.state==="edited").slice(-4)}}function Wt(t,e,n){const s=t.filter(r=>e.includes(r)),i=e.filter(r=>!t.includes(r));return n?[...s,...i]:[...i.reverse(),...s]}const ze={ATTRIBUTE:1,CHILD:2},je=t=>(...e)=>({_$litDirective$:t,values:e});let Be=class{constructor(e){}get _$AU(){return this._$AM._$AU}_$AT(e,n,s){this._$Ct=e,this._$AM=n,this._$Ci=s}_$AS(e,n){return this.update(e,n)}update(e,n){return this.render(...n)}};const{I:Kt}=vt,_e=t=>t,Ae=()=>document.createComment(""),L=(t,e,n)=>{const s=t._$AA.parentNode,i=e===void 0?t._$AB:e._$AA;if(n===void 0){const r=s.insertBefore(Ae(),i),o=s.insertBefore(Ae(),i);n=new Kt(r,o,t,t.options)}else{const r=n._$AB.nextSibling,o=n._$AM,d=o!==t;if(d){let a;n._$AQ?.(t),n._$AM=t,n._$AP!==void 0&&(a=t._$AU)!==o._$AU&&n._$AP(a)}if(r!==i||d){let a=n._$AA;for(;a!==r;){const p=_e(a).nextSibling;_e(s).insertBefore(a,i),a=p}}}return n},x=(t,e,n=t)=>(t._$AI(e,n),t),Yt={},Zt=(t,e=Yt)=>t._$AH=e,Qt=t=>t._$AH,Z=t=>{t._$AR(),t._$AA.remove()};const Se=(t,e,n)=>{const s=new Map;for(let i=e;i<=n;i++)s.set(t[i],i);return s},re=je(class extends Be{constructor(t){if(super(t),t.type!==ze.CHILD)throw Error("repeat() can only be used in text expressions")}dt(t,e,n){let s;n===void 0?n=e:e!==void 0&&(s=e);const i=[],r=[];let o=0;for(const d of t)i[o]=s?s(d,o):o,r[o]=n(d,o),o++;return{values:r,keys:i}}render(t,e,n){return this.dt(t,e,n).values}update(t,[e,n,s]){const i=Qt(t),{values:r,keys:o}=this.dt(e,n,s);if(!Array.isArray(i))return this.ut=o,r;const d=this.ut??=[],a=[];let p,m,u=0,f=i.length-1,h=0,v=r.length-1;for(;u<=f&&h<=v;)if(i[u]===null)u++;else if(i[f]===null)f--;else if(d[u]===o[h])a[h]=x(i[u],r[h]),u++,h++;else if(d[f]===o[v])a[v]=x(i[f],r[v]),f--,v--;else if(d[u]===o[v])a[v]=x(i[u],r[v]),L(t,a[v+1],i[u]),u++,v--;else if(d[f]===o[h])a[h]=x(i[f],r[h]),L(t,i[u],i[f]),f--,h++;else if(p===void 0&&(p=Se(o,h,v),m=Se(d,u,f)),p.has(d[u]))if(p.has(d[f])){const y=m.get(o[h]),K=y!==void 0?i[y]:null;if(K===null){const ae=L(t,i[u]);x(ae,r[h]),a[h]=ae}else a[h]=x(K,r[h]),L(t,i[u],K),i[y]=null;h++}else Z(i[f]),f--;else Z(i[u]),u++;for(;h<=v;){const y=L(t,a[v+1]);x(y,r[h]),a[h++]=y}for(;u<=f;){const y=i[u++];y!==null&&Z(y)}return this.ut=o,Zt(t,a),w}}),Fe={fr:"fr-FR",en:"en-GB"},Gt=/^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2}))?$/;function M(t,e){const n=new Date(t);return Number.isNaN(n.getTime())?t:new Intl.DateTimeFormat(Fe[e],{day:"numeric",month:"long",year:"numeric",...t.length===10?{timeZone:"UTC"}:{}}).format(n)}function Ve(t,e,n){if(typeof t=="boolean")return n(t?"value.yes":"value.no");if(typeof t=="number")return new Intl.NumberFormat(Fe[e]).format(t);if(Gt.test(t))return M(t,e);const s=`status.${t}`;return D(s)?n(s):t}function We(t,e){if(t.label!==null)return t.label;for(const s of[`field.${t.name}`,t.name])if(D(s))return e(s);const n=t.name.replace(/^history\./,"").replaceAll("_"," ");return n.charAt(0).toUpperCase()+n.slice(1)}function Ke(t,e,n){const s=`${t}.${e}`;return D(s)?n(s):e.replaceAll("_"," ")}function W(t,e){return Ke("channel",t,e)}function oe(t){return t>=.85?"high":t>=.6?"medium":"low"}function Ye(t,e){return e(`confidence.${oe(t)}`)}const Ee=.25;function Jt(t){const e=t.at(-1);if(e===void 0)return null;const n=e.label==="negative"||e.label==="positive"?e.label:"neutral";if(t.length<3)return{level:n,trend:null};const s=t.map(a=>a.score),i=Ce(s.slice(-2)),r=Ce(s.slice(-5,-2)),o=i-r,d=o>Ee?"rising":o<-Ee?"falling":"steady";return{level:n,trend:d}}function Ce(t){return t.reduce((e,n)=>e+n,0)/Math.max(1,t.length)}function Xt(t,e){const n=e(`mood.${t.level}`);return t.trend===null?n:`${n}, ${e(`mood.${t.trend}`)}`}function en(t){const e=new Set;for(const n of t){if(n.promise===null)continue;t.some(i=>i.outcome==="solved"&&Date.parse(i.at)>Date.parse(n.at))||e.add(n.id)}return e}function tn(t,e){const n=Array.from(t),s=[0,...e.map(i=>Math.min(Math.max(i,0),n.length)),n.length];return s.slice(1).map((i,r)=>n.slice(s[r],i).join(""))}const nn={voice:g`<path d="M5.200 3.500h2.300l1.300 3.400-1.700 1.300a9 9 0 0 0 4.700 4.700l1.300-1.700 3.400 1.300v2.300c0 .9-.7 1.700-1.700 1.700C8.900 16.500 3.500 11.100 3.500 5.200c0-1 .8-1.700 1.700-1.700Z"/>`,chat:g`<path d="M4 4.500h12c.6 0 1 .4 1 1v7.500c0 .6-.4 1-1 1H9l-3.500 3v-3H4c-.6 0-1-.4-1-1V5.500c0-.6.4-1 1-1Z"/>`,mail:g`<path d="M3.500 5h13v10h-13z M3.500 5.500l6.500 5 6.500-5"/>`,action:g`<path d="M4 10h10.500M10.500 5.500 15 10l-4.500 4.500"/>`,cue:g`<path d="M10 3.500c.5 3.700 2.300 5.600 6 6.500-3.700.9-5.500 2.800-6 6.500-.5-3.700-2.300-5.600-6-6.500 3.700-.9 5.500-2.800 6-6.500Z"/>`,book:g`<path d="M10 5.500C8.500 4.300 6.300 4 3.500 4v11c2.800 0 5 .3 6.500 1.500 1.500-1.200 3.700-1.500 6.500-1.500V4c-2.800 0-5 .3-6.500 1.500Zm0 0v11"/>`,quote:g`<path d="M4 13.500c2-.6 3-1.900 3-4H4.500V6H8v3.500c0 3-1.300 4.900-3.600 5.500M11.500 13.500c2-.6 3-1.900 3-4H12V6h3.500v3.500c0 3-1.300 4.900-3.600 5.500"/>`,list:g`<path d="m3.500 6 1.200 1.200L7 4.800M3.500 13l1.200 1.200L7 11.800M10 6h6.500M10 13h6.500"/>`,check:g`<path d="m4.500 10.500 3.800 3.800 7.200-8.600"/>`,close:g`<path d="m5.500 5.500 9 9m0-9-9 9"/>`,chevron:g`<path d="m5.500 8 4.500 4.500L14.500 8"/>`,down:g`<path d="M10 4.500v11M5.500 11l4.500 4.500 4.500-4.500"/>`,live:g`<circle cx="10" cy="10" r="2.200" fill="currentColor"/><path d="M6 14a5.600 5.600 0 0 1 0-8m8 0a5.600 5.600 0 0 1 0 8"/>`,wait:g`<path d="M15.500 10a5.500 5.500 0 1 1-2-4.200M13.700 3v3h-3"/>`,off:g`<path d="M6 14a5.600 5.600 0 0 1 0-8m8 0a5.600 5.600 0 0 1 0 8M4 4l12 12"/>`,done:g`<circle cx="10" cy="10" r="6.500"/><path d="m7 10.200 2.200 2.200 4-4.700"/>`,quiet:g`<path d="M15.800 12.400A6.300 6.300 0 0 1 7.600 4.200a6.300 6.300 0 1 0 8.200 8.200Z"/>`,help:g`<circle cx="10" cy="10" r="6.500"/><path d="M8.200 8.200c.1-1 .9-1.700 1.900-1.700s1.800.7 1.800 1.600c0 1.400-1.900 1.500-1.900 2.900"/><path d="M10 13.400v.1"/>`,person:g`<circle cx="10" cy="7" r="3"/><path d="M4.500 16.500c.6-2.900 2.700-4.500 5.500-4.500s4.900 1.600 5.500 4.500"/>`,promise:g`<path d="M6 17V3.500M6 4.500h9l-2 3 2 3H6"/>`,warning:g`<path d="M10 4 17 16H3L10 4Zm0 4.500v3.500m0 1.800v.2"/>`,send:g`<path d="M3.500 10 16.500 4l-4 12.500-3-5.500-6-1Zm6 1 7-7"/>`,menu:g`<path d="M4 6.500h12M4 10h12M4 13.500h12"/>`};function b(t){return l`<svg class="icon" viewBox="0 0 20 20" aria-hidden="true">${nn[t]}</svg>`}const sn={next_best_action:"action",knowledge:"book",reply:"chat",cue:"cue",already_said:"quote",checklist:"list",form:"list"};function rn(t,e){return l`
    <section class="cards" aria-labelledby="cards-title">
      <div class="section-head">
        <h2 id="cards-title" tabindex="-1">${e("cards.title")}</h2>
        ${t.held.length===0?c:on(t,e)}
      </div>
      ${t.cards.length===0?l`<p class="rest">${e(t.quiet?"cards.quietEmpty":"cards.empty")}</p>`:c}
      <div class="card-list">
        ${re(t.cards,n=>n.suggestion.id,n=>ln(n.suggestion,t,e))}
      </div>
      ${t.done.length===0?c:an(t,e)}
    </section>
  `}function on(t,e){const n=t.held.length;return l`
    <span class="held">
      <span>${n===1?e("cards.heldOne"):e("cards.heldMany",{count:n})}</span>
      <button class="link" data-act="pull" aria-keyshortcuts="Alt+S" @click=${t.onPull}>
        ${e("cards.pull")}
      </button>
    </span>
  `}function an(t,e){return l`
    <div class="done">
      <h3>${e("cards.doneTitle")}</h3>
      <ul>
        ${re(t.done,n=>n.suggestion.id,n=>l`<li>${b("check")}<span>${n.suggestion.title}</span></li>`)}
      </ul>
    </div>
  `}function ln(t,e,n){const s=e.open===t.id,i=oe(t.confidence);return l`
    <article
      class="card ${t.kind}"
      data-card=${t.id}
      tabindex=${e.focused===t.id?"0":"-1"}
      aria-labelledby="title-${t.id}"
      @focusin=${()=>e.onFocus(t.id)}
    >
      <header>
        <span class="kind">${b(sn[t.kind]??"action")}${Ke("kind",t.kind,n)}</span>
        <span class="sure ${i}">
          <span class="sr">${n("confidence.prefix")} </span>${Ye(t.confidence,n)}
        </span>
      </header>
      <h3 id="title-${t.id}">${t.title}</h3>
      ${t.body?l`<p class="body">${t.body}</p>`:c}
      <p class="reason">${t.reason}</p>
      <div class="acts">
        ${dn(t,e,n)}
        <button
          class="ghost"
          data-act="why"
          aria-expanded=${s?"true":"false"}
          aria-controls="why-${t.id}"
          aria-keyshortcuts="Alt+W"
          @click=${()=>e.onWhy(t)}
        >
          ${n("cards.why")}${b("chevron")}
        </button>
        <button
          class="ghost dismiss"
          data-act="dismiss"
          aria-keyshortcuts="Alt+D"
          @click=${()=>e.onDismiss(t)}
        >
          ${n("cards.dismiss")}
        </button>
      </div>
      <div class="why" id="why-${t.id}" ?hidden=${!s}>
        <h4>${n("cards.sources")}</h4>
        <ul>
          ${t.evidence.map(r=>l`<li>${cn(r,e,n)}</li>`)}
        </ul>
      </div>
    </article>
  `}function dn(t,e,n){if(t.actions.length>0)return t.actions.map((i,r)=>l`<button
        class=${r===0?"primary":"ghost"}
        data-act="accept"
        aria-keyshortcuts=${r===0?"Alt+A":c}
        @click=${()=>e.onAccept(t,i.id)}
      >
        ${i.label}
      </button>`);const s=`accept.${t.kind}`;return l`<button
    class="primary"
    data-act="accept"
    aria-keyshortcuts="Alt+A"
    @click=${()=>e.onAccept(t)}
  >
    ${n(D(s)?s:"accept.knowledge")}
  </button>`}function cn(t,e,n){if(t.source==="turn"){const i=e.roleOf(t.turn_id);return l`
      <span class="origin">${n(i==="adviser"?"evidence.youSaid":i==="bot"?"evidence.botSaid":"evidence.said")}</span>
      <blockquote>${Te(t.quote,e.lang)}</blockquote>
      <button class="link" data-act="go" @click=${()=>e.onGoToTurn(t.turn_id)}>
        ${n("cards.goToTurn")}
      </button>
    `}const s=M(t.date,e.lang);if(t.source==="document"){const{document_id:i,version:r}=t;return l`
      <span class="origin">${n("evidence.document",{id:i,version:r})}, ${s}</span>
      <blockquote>${Te(t.quote,e.lang)}</blockquote>
    `}return l`
    <span class="fact">
      <b>${We({name:t.field,label:e.labelOf(t.field)},n)}</b>
      <span>${Ve(t.value,e.lang,n)}</span>
    </span>
    <span class="origin">${n("evidence.from",{origin:t.origin,date:s})}</span>
  `}function Te(t,e){return e==="fr"?`« ${t} »`:`“${t}”`}const un=4;function hn(t,e){const{customer:n}=t;return l`
    <section class="record" aria-labelledby="customer-title">
      <div class="section-head">
        <h2 id="customer-title">${e("customer.title")}</h2>
        ${n&&n.fields.length>0?l`<button
              class="link"
              data-act="origins"
              aria-pressed=${t.origins?"true":"false"}
              @click=${t.onOrigins}
            >
              ${e("customer.origins")}
            </button>`:c}
      </div>
      ${n===null?l`<p class="rest">${e("customer.none")}</p>`:l`
            <p class="name">${n.display_name??e("customer.unknown")}</p>
            ${fn(n,t,e)}
            <dl class="fields">${n.fields.map(s=>pn(s,t,e))}</dl>
            ${mn(n,t,e)}
          `}
    </section>
  `}function pn(t,e,n){const s=M(t.date,e.lang);return l`
    <div>
      <dt>${We(t,n)}</dt>
      <dd>
        ${Ve(t.value,e.lang,n)}
        ${e.origins?l`<span class="origin">${n("evidence.from",{origin:t.origin,date:s})}</span>`:c}
      </dd>
    </div>
  `}function fn(t,e,n){const s=en(t.history);return t.history.filter(i=>s.has(i.id)).map(i=>l`
        <div class="promise">
          ${b("promise")}
          <p>
            <b>${n("customer.openPromise")}</b>
            <span>${i.promise}</span>
            <span class="origin">${gn(i,e,n)}${W(i.channel,n)},
              ${M(i.at,e.lang)}</span>
          </p>
        </div>
      `)}function gn(t,e,n){if(t.promise_due===null)return c;const s=Date.parse(t.promise_due)<e.now.getTime(),i=M(t.promise_due,e.lang);return l`<span class=${s?"late":""}
      >${n(s?"customer.overdue":"customer.due",{date:i})}</span
    > · `}function mn(t,e,n){const s=[...t.history].sort((o,d)=>Date.parse(d.at)-Date.parse(o.at)),i=e.allHistory?s:s.slice(0,un),r=s.length-i.length;return l`
    <h3>${n("customer.history")}</h3>
    ${s.length===0?l`<p class="rest">${n("customer.noHistory")}</p>`:c}
    <ol class="history">
      ${i.map(o=>l`
          <li>
            <span class="origin">
              ${M(o.at,e.lang)} · ${W(o.channel,n)}
              ${o.outcome?l`· <span class="outcome ${o.outcome}">${n(`outcome.${o.outcome}`)}</span>`:c}
            </span>
            <p>${o.summary}</p>
            ${e.origins?l`<span class="origin">${o.origin}</span>`:c}
          </li>
        `)}
    </ol>
    ${r>0?l`<button class="link" @click=${e.onAllHistory}>
          ${n("customer.more",{count:r})}
        </button>`:c}
  `}function vn(t,e){if(t.phase==="signed_out")return bn(t,e);const n={connecting:"wait",joining:"wait",waiting:"cue",forbidden:"off",unknown:"off",superseded:"off"},i={unknown:"state.retry",forbidden:"state.retry",superseded:"state.resumeHere"}[t.phase];return l`
    <main class="gate ${t.phase}">
      <div class="emblem">${b(n[t.phase])}</div>
      <div role="status">
        <h2>${e(`state.${t.phase}Title`)}</h2>
        <p>${e(`state.${t.phase}Body`)}</p>
      </div>
      ${i?l`<button class="primary" @click=${t.onRetry}>${e(i)}</button>`:c}
    </main>
  `}function bn(t,e){return l`
    <main class="gate signed_out">
      <form @submit=${s=>{s.preventDefault();const i=new FormData(s.target).get("token");typeof i=="string"&&i.trim()&&t.onToken(i.trim())}}>
        <h2>${e("signin.title")}</h2>
        <p>${e("signin.body")}</p>
        ${t.tokenRefused?l`<p class="late" role="alert">${e("signin.expired")}</p>`:c}
        <label for="token">${e("signin.label")}</label>
        <input id="token" name="token" type="password" autocomplete="off" required />
        <button class="primary">${e("signin.submit")}</button>
      </form>
    </main>
  `}const Ze={voice:"voice",email:"mail"};function yn(t,e){const{screen:n}=t,s=n?.customer?.display_name;return l`
    <header class="bar">
      <h1 class="brand">${wn}<span>Souffleur</span></h1>
      ${n?.channel?l`<p class="about" data-testid="channel">
            ${b(Ze[n.channel]??"chat")}
            <span>${W(n.channel,e)}</span>
            ${s?l`<b>${s}</b>`:c}
          </p>`:l`<p class="about"></p>`}
      ${kn(t,e)} ${_n(t,e)}
      ${n===null?c:$n(t,e)}
      <div class="langs" role="group" aria-label=${e("header.language")}>
        ${["fr","en"].map(i=>l`<button
            data-lang=${i}
            lang=${i}
            aria-pressed=${t.lang===i?"true":"false"}
            aria-label=${i==="fr"?"Français":"English"}
            @click=${()=>t.onLang(i)}
          >
            ${i.toUpperCase()}
          </button>`)}
      </div>
      <button class="tool" data-act="help" aria-label=${e("header.help")} @click=${t.onHelp}>
        ${b("help")}
      </button>
    </header>
  `}function $n(t,e){return l`
    <button
      class="tool quiet"
      data-act="quiet"
      aria-pressed=${t.quiet?"true":"false"}
      aria-keyshortcuts="Alt+Q"
      title=${e(t.quiet?"header.quietOn":"header.quietOff")}
      @click=${t.onQuiet}
    >
      ${b("quiet")}<span class="tool-label">${e("header.quiet")}</span>
    </button>
  `}const wn=l`<svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
  <rect width="32" height="32" rx="9" />
  <path
    class="bubble"
    d="M7 12.500c0-3 2.500-5.500 5.500-5.500h4c3 0 5.500 2.500 5.500 5.500S19.500 18 16.500 18h-3.200L9 21.600v-4.700a5.500 5.500 0 0 1-2-4.400Z"
  />
  <path class="breath" d="M19.500 23.500c2.800-.6 5-2.900 5.500-5.700M22 26.500c3.500-1.200 6.100-4.200 6.700-8" />
</svg>`;function kn(t,e){const n=t.link==="live"?xn(t.screen):t.link;return l`
    <p class="state ${n}" role="status" data-state=${n}>
      ${b({live:"live",ready:"done",ended:"done",connecting:"wait",reconnecting:"wait"}[n]??"off")}<span>${e(`link.${n}`)}</span>
    </p>
  `}function xn(t){return t===null?"ready":t.ended_at===null?"live":"ended"}function _n(t,e){if(t.conversations.length===0)return c;const n=(s,i)=>{s.currentTarget.closest("[popover]")?.hidePopover(),t.onPick(i)};return l`
    <button
      class="tool"
      data-act="conversations"
      popovertarget="conversations"
      title=${e("header.chooseConversation")}
    >
      ${b("menu")}<span class="tool-label">${e("header.conversations")}</span>
      <span class="count">${t.conversations.length}</span>
    </button>
    <div id="conversations" class="sheet" popover aria-label=${e("header.chooseConversation")}>
      <h2>${e("header.chooseConversation")}</h2>
      <ul>
        ${t.conversations.map(s=>l`<li>
            <button
              data-conversation=${s.id}
              aria-current=${s.id===t.current?"true":"false"}
              @click=${i=>n(i,s.id)}
            >
              ${b(Ze[s.channel]??"chat")}
              <span>
                <b>${W(s.channel,e)}</b>
                <span class="origin">${s.customer_id??s.id}</span>
              </span>
              ${s.id===t.current?l`<span class="origin">${e("header.current")}</span>`:c}
            </button>
          </li>`)}
      </ul>
    </div>
  `}const An=[["Alt + A","help.accept"],["Alt + D","help.dismiss"],["Alt + W","help.why"],["Alt + S","help.pull"],["Alt + Q","help.quiet"]];function Sn(t,e){const n=i=>i.currentTarget.closest("dialog")?.close(),s=i=>{n(i),t()};return l`
    <dialog class="help" aria-labelledby="help-title">
      <div class="section-head">
        <h2 id="help-title">${e("help.title")}</h2>
        <button class="tool" aria-label=${e("help.close")} @click=${n}>${b("close")}</button>
      </div>
      <p>${e("help.intro")}</p>
      <dl>
        ${An.map(([i,r])=>l`<div><dt><kbd>${i}</kbd></dt><dd>${e(r)}</dd></div>`)}
        <div><dt><kbd>${e("help.arrows")}</kbd></dt><dd>${e("help.cards")}</dd></div>
      </dl>
      <p class="origin">${e("help.privacy")}</p>
      <button class="ghost" data-act="signout" @click=${s}>${e("signin.signOut")}</button>
    </dialog>
  `}function En(t,e){const{screen:n,stale:s,next:i}=t,r=new Set([...Object.keys(n.degraded),...t.outages]);return l`
    <div class="banners" role="status">
      ${s?l`<p class="banner wait" data-banner="reconnecting">
            ${b("wait")}<span>${e("state.reconnecting")}</span>
          </p>`:c}
      ${[...r].map(o=>{const d=`degraded.${o}`;return l`<p class="banner warn" data-banner="degraded">
          ${b("warning")}<span>${e(D(d)?d:"degraded.other")}</span>
        </p>`})}
      ${n.ended_at!==null?l`<p class="banner" data-banner="ended">
            ${b("done")}
            <span>${e("state.ended")} ${i===null?c:e("state.next")}</span>
            ${i===null?c:l`<button class="link" data-act="next" @click=${t.onNext}>
                  ${e("state.follow")}
                </button>`}
          </p>`:c}
    </div>
  `}function Cn(t,e){return!t.unsent&&t.refusal===null?c:l`
    <div class="notice" role="alert">
      <span>
        ${t.unsent?e("notice.unsent"):e("notice.error",{detail:t.refusal??""})}
      </span>
      <button class="tool" aria-label=${e("notice.close")} @click=${t.onClose}>
        ${b("close")}
      </button>
    </div>
  `}const Tn=8e3;function Mn(t,e){const n=i=>{i.key!=="Enter"||i.shiftKey||i.isComposing||(i.preventDefault(),t.onSend())};return l`
    <form class="reply" @submit=${i=>{i.preventDefault(),t.onSend()}}>
      <label class="sr" for="reply">${e("reply.label")}</label>
      <textarea
        id="reply"
        rows="2"
        maxlength=${Tn}
        placeholder=${e("reply.placeholder")}
        aria-describedby="reply-hint"
        @keydown=${n}
      ></textarea>
      <button class="primary" data-act="send" ?disabled=${!t.online}>
        ${b("send")}<span>${e("reply.send")}</span>
      </button>
      <span id="reply-hint" class="origin">${e(t.online?"reply.hint":"reply.offline")}</span>
    </form>
  `}const J=132,j=34,R=5;function Nn(t){const e=t.slice(-24),n=(J-2*R)/Math.max(7,e.length-1);return e.map((s,i)=>({x:R+i*n,y:j/2-s.score*(j/2-R)}))}function Ln(t){const[e,...n]=t;if(e===void 0)return"";let s=e,i=`M${e.x.toFixed(1)} ${e.y.toFixed(1)}`;for(const r of n){const o=((s.x+r.x)/2).toFixed(1);i+=`C${o} ${s.y.toFixed(1)} ${o} ${r.y.toFixed(1)} ${r.x.toFixed(1)} ${r.y.toFixed(1)}`,s=r}return i}function On(t,e){const n=Jt(t);if(n===null)return l`<span class="faint">${e("strip.noMood")}</span>`;const s=Nn(t),i=s.at(-1),r=Xt(n,e);return l`
    <svg class="moodline" viewBox="0 0 ${J} ${j}" aria-hidden="true">
      <path class="moodbase" d="M${R} ${j/2}H${J-R}" />
      <path class="moodpath" d=${Ln(s)} />
      ${g`<circle class="mooddot ${n.level}" cx=${i.x.toFixed(1)} cy=${i.y.toFixed(1)} r="4" />`}
    </svg>
    <span class="moodwords" title=${e("mood.note")}>${r}</span>
  `}function Pn(t,e){const{intent:n,mood:s}=t.screen,i=n?.label??null,r=i===null?null:t.labels[i]?.[t.lang]??i.replaceAll("_"," ");return l`
    <div class="strip">
      <div class="now">
        <h2>${e("strip.intent")}</h2>
        <p data-testid="intent">
          ${r===null?l`<span class="faint">${e("strip.noIntent")}</span>`:l`<b>${r}</b>`}
          ${n===null||r===null?c:l`<span class="sure ${oe(n.confidence)}">
                <span class="sr">${e("confidence.prefix")} </span>${Ye(n.confidence,e)}
              </span>`}
        </p>
      </div>
      <div class="mood">
        <h2>${e("strip.mood")}</h2>
        <p data-testid="mood">${On(s,e)}</p>
      </div>
    </div>
  `}const Rn=je(class extends Be{constructor(t){if(super(t),t.type!==ze.ATTRIBUTE||t.name!=="class"||t.strings?.length>2)throw Error("`classMap()` can only be used in the `class` attribute and must be the only part in the attribute.")}render(t){return" "+Object.keys(t).filter(e=>t[e]).join(" ")+" "}update(t,[e]){if(this.st===void 0){this.st=new Set,t.strings!==void 0&&(this.nt=new Set(t.strings.join(" ").split(/\s/).filter(s=>s!=="")));for(const s in e)e[s]&&!this.nt?.has(s)&&this.st.add(s);return this.render(e)}const n=t.element.classList;for(const s of this.st)s in e||(n.remove(s),this.st.delete(s));for(const s in e){const i=!!e[s];i===this.st.has(s)||this.nt?.has(s)||(i?(n.add(s),this.st.add(s)):(n.remove(s),this.st.delete(s)))}return w}});function qn(t){return[...t.turns,...t.partials].map((e,n)=>({turn:e,index:n})).sort((e,n)=>e.turn.start_ms-n.turn.start_ms||e.index-n.index).map(({turn:e})=>e)}function Hn(t){const e=new Map;for(const n of t)n.source==="turn"&&e.set(n.turn_id,[...e.get(n.turn_id)??[],n]);return e}function In(t,e,n){if(e.length===0)return t.text;const s=[];for(const r of[...e].sort((o,d)=>o.start-d.start)){const o=s.at(-1);o&&r.start<=o.end?o.end=Math.max(o.end,r.end):s.push({start:r.start,end:r.end})}return tn(t.text,s.flatMap(r=>[r.start,r.end])).map((r,o)=>o%2===0?r:l`<mark><span class="sr">${n("transcript.quoted")} </span>${r}</mark>`)}function Dn(t,e,n,s){const i=e?.role===t.role,r={turn:!0,[t.role]:!0,partial:!t.final,follows:i};return l`
    <li class=${Rn(r)} data-turn=${t.id} data-role=${t.role}>
      <span class=${i?"sr":"who"}>${s(`role.${t.role}`)}</span>
      <p class="said" lang=${t.language??c}>${In(t,n,s)}</p>
      ${t.final?c:l`<span class="sr">${s("turn.speaking")}</span>`}
    </li>
  `}function Un(t,e){const n=qn(t.screen),s=t.screen.channel==="voice"?"off":"polite";return l`
    <div class="log-wrap">
      <div
        class="log"
        role="log"
        aria-live=${s}
        aria-label=${e("transcript.title")}
        tabindex="0"
        @scroll=${t.onScroll}
      >
        ${n.length===0?l`<p class="faint hint">${e("transcript.empty")}</p>`:c}
        <ol class="turns">
          ${re(n,i=>i.id,(i,r)=>Dn(i,n[r-1],t.quotes.get(i.id)??[],e))}
        </ol>
      </div>
      ${t.newLines?l`<button class="newlines" @click=${t.onNewLines}>
            ${b("down")} ${e("transcript.newLines")}
          </button>`:c}
    </div>
  `}const zn=32,Me={cards:[],held:[],done:[]};class jn extends P{constructor(){super(),this.tray=Me,this.order=[],this.reported=new Set,this.shownConversation=null,this.toldLanguage=null,this.turnCount=0,this.returnToEnd=!1,this.accept=(e,n)=>{this.send({type:"suggestion.accepted",suggestion_id:e.id,...n===void 0?{}:{action_id:n}})&&e.kind==="reply"&&this.insertReply(e.body??e.title),this.moveFocusFrom(e.id)},this.dismiss=e=>{this.send({type:"suggestion.dismissed",suggestion_id:e.id}),this.moveFocusFrom(e.id)},this.why=e=>{const n=this.open!==e.id;this.open=n?e.id:null,this.focused=e.id;const s=e.evidence.find(i=>i.source==="turn");n&&s?(this.returnToEnd=this.returnToEnd||this.atEnd,this.updateComplete.then(()=>this.reveal(s.turn_id))):!n&&this.returnToEnd&&(this.returnToEnd=!1,this.toEnd())},this.pull=()=>{const e=this.tray.held;for(const{suggestion:n}of e){if(!this.send({type:"suggestion.shown",suggestion_id:n.id}))return;this.reported.add(n.id)}},this.toggleQuiet=()=>{const e=this.screenNow;if(e===null)return;const{preferences:n}=e;this.send({type:"preferences",...n,quiet:!n.quiet})},this.onKey=e=>{const n=It(e);n===null||this.screenNow===null||this.renderRoot.querySelector("dialog[open]")===null&&(e.preventDefault(),this.run(n))},this.onArrow=e=>{const n=e.key==="ArrowDown"?1:e.key==="ArrowUp"?-1:0;if(n===0||!e.target.closest(".card-list"))return;const s=this.tray.cards.map(r=>r.suggestion.id),i=s[s.indexOf(this.focused??"")+n];i!==void 0&&(e.preventDefault(),this.focusCard(i))},this.onScroll=e=>{const n=e.target;this.atEnd=n.scrollHeight-n.scrollTop-n.clientHeight<=zn,this.atEnd&&(this.returnToEnd=!1)},this.toEnd=()=>{this.atEnd=!0},this.reveal=e=>{this.tab="conversation",this.updateComplete.then(()=>{this.log?.querySelector(`[data-turn="${CSS.escape(e)}"]`)?.scrollIntoView({block:"nearest"})})},this.sendReply=()=>{const e=this.replyBox?.value.trim();!e||!this.send({type:"turn",text:e})||this.replyBox===null||(this.replyBox.value="",this.toEnd())},this.conversationId=null,this.lang="fr",this.base=location.origin,this.tab="conversation",this.open=null,this.focused=null,this.origins=!1,this.allHistory=!1,this.atEnd=!0,this.announcement="",this.notice=null,this.session=new qt(()=>this.base,()=>this.requestUpdate())}static{this.styles=Vt}static{this.properties={conversationId:{attribute:"conversation-id"},lang:{reflect:!0},base:{},tab:{state:!0},open:{state:!0},focused:{state:!0},origins:{state:!0},allHistory:{state:!0},atEnd:{state:!0},announcement:{state:!0},notice:{state:!0}}}signIn(e){this.session.signIn(e,this.conversationId)}connectedCallback(){super.connectedCallback(),window.addEventListener("keydown",this.onKey)}disconnectedCallback(){super.disconnectedCallback(),window.removeEventListener("keydown",this.onKey),this.session.close()}get language(){return this.lang==="en"?"en":"fr"}get screenNow(){return this.session.folded?.screen??null}willUpdate(){const e=this.screenNow;if(e?.conversation_id!==this.shownConversation&&this.forget(e),e===null){this.tray=Me;return}const s=xe(e,this.order).cards.map(o=>o.suggestion.id),i=s.filter(o=>!this.order.includes(o));this.order=Wt(this.order,s,this.handOnCards()),this.tray=xe(e,this.order),i.length>0&&this.announce(i);const r=this.tray.cards[0]?.suggestion.id??null;(this.focused===null||!s.includes(this.focused))&&(this.focused=r),this.open!==null&&!s.includes(this.open)&&(this.open=null)}updated(e){this.reportShown(),this.reportLanguage();const n=this.log,s=this.screenNow;n===null||s===null||(this.turnCount=this.atEnd?s.turns.length:this.turnCount,this.atEnd&&(n.scrollTop=n.scrollHeight))}forget(e){this.shownConversation=e?.conversation_id??null,this.order=[],this.reported.clear(),this.open=null,this.focused=null,this.allHistory=!1,this.atEnd=!0,this.announcement="",this.notice=null}handOnCards(){const e=this.renderRoot.querySelector(".card-list");return e!==null&&(e.matches(":hover")||e.matches(":focus-within"))}announce(e){const n=ke(this.language);this.announcement=this.tray.cards.filter(s=>e.includes(s.suggestion.id)).map(s=>n("cards.new",{title:s.suggestion.title})).join(" ")}reportShown(){for(const{suggestion:e,state:n}of this.tray.cards)n!=="offered"||this.reported.has(e.id)||this.session.send({type:"suggestion.shown",suggestion_id:e.id})&&this.reported.add(e.id)}reportLanguage(){const e=this.screenNow;if(e===null||e.ended_at!==null)return;const n=`${e.conversation_id} ${this.language}`;if(n===this.toldLanguage)return;const{preferences:s}=e;if((s.language??e.language)!==this.language){const i={type:"preferences",...s,language:this.language};if(!this.session.send(i))return}this.toldLanguage=n}send(e){const n=this.session.send(e);return this.notice=n?null:"unsent",n}moveFocusFrom(e){if(!this.renderRoot.querySelector(".card-list")?.matches(":focus-within"))return;const s=this.tray.cards.map(r=>r.suggestion.id),i=s[s.indexOf(e)+1]??s[s.indexOf(e)-1];i===void 0?this.renderRoot.querySelector("#cards-title")?.focus():this.focusCard(i)}focusCard(e){this.focused=e,this.renderRoot.querySelector(`[data-card="${CSS.escape(e)}"]`)?.focus()}run(e){if(e==="quiet")return this.toggleQuiet();if(e==="pull")return this.pull();const s=this.tray.cards.find(i=>i.suggestion.id===this.focused)?.suggestion;s!==void 0&&(e==="accept"?this.accept(s,s.actions[0]?.id):e==="dismiss"?this.dismiss(s):this.why(s))}get log(){return this.renderRoot.querySelector(".log")}get replyBox(){return this.renderRoot.querySelector("#reply")}insertReply(e){const n=this.replyBox;n!==null&&(n.value=n.value.trim()?`${n.value.trimEnd()} ${e}`:e,n.focus())}render(){const e=ke(this.language),{phase:n}=this.session,s=n==="showing"?this.screenNow:null;return l`
      <div class="panel" lang=${this.language} @keydown=${this.onArrow}>
        ${yn({lang:this.language,screen:s,link:n==="signed_out"?"signed_out":this.session.linkState,quiet:s?.preferences.quiet??!1,conversations:this.session.conversations,current:this.session.current,onLang:i=>{this.lang=i,this.dispatchEvent(new CustomEvent("lang-changed",{detail:i,bubbles:!0}))},onQuiet:this.toggleQuiet,onHelp:()=>this.renderRoot.querySelector("dialog")?.showModal(),onPick:i=>this.session.pick(i)},e)}
        ${s===null?vn({phase:n==="showing"?"joining":n,tokenRefused:this.session.tokenRefused,onToken:i=>this.signIn(i),onRetry:()=>this.session.retry()},e):this.conversation(s,e)}
        <div class="sr" role="status" aria-live="polite" data-testid="announcement">
          ${this.announcement}
        </div>
        ${Sn(()=>this.session.signOut(),e)}
      </div>
    `}conversation(e,n){const s=this.session,i=s.linkState!=="live",r=this.tray.cards.find(o=>o.suggestion.id===this.open);return l`
      ${En({screen:e,outages:s.outages,stale:i,next:s.next,onNext:()=>s.followNext()},n)}
      ${Cn({unsent:this.notice!==null,refusal:s.refusal,onClose:()=>{this.notice=null,s.dismissRefusal()}},n)}
      <main class="desk ${i?"stale":""}" data-tab=${this.tab}>
        ${Pn({screen:e,labels:s.labels,lang:this.language},n)}
        ${this.tabs(n)}
        <section class="talk" id="talk" aria-label=${n("transcript.title")}>
          ${Un({screen:e,quotes:Hn(r?.suggestion.evidence??[]),newLines:!this.atEnd&&e.turns.length>this.turnCount,onScroll:this.onScroll,onNewLines:this.toEnd},n)}
          ${e.channel==="voice"||e.channel===null||e.ended_at!==null?c:Mn({online:!i,onSend:this.sendReply},n)}
        </section>
        <aside class="side">
          ${this.cards(e,n)}
          ${hn({lang:this.language,now:new Date,customer:e.customer,origins:this.origins,allHistory:this.allHistory,onOrigins:()=>this.origins=!this.origins,onAllHistory:()=>this.allHistory=!0},n)}
        </aside>
      </main>
    `}cards(e,n){const s=new Map(e.turns.map(a=>[a.id,a.role])),i=e.customer?.fields??[],{cards:r,held:o,done:d}=this.tray;return rn({lang:this.language,cards:r,held:o,done:d,quiet:e.preferences.quiet,open:this.open,focused:this.focused,roleOf:a=>s.get(a)??null,labelOf:a=>i.find(p=>p.name===a)?.label??null,onAccept:this.accept,onDismiss:this.dismiss,onWhy:this.why,onPull:this.pull,onFocus:a=>this.focused=a,onGoToTurn:this.reveal},n)}tabs(e){return l`
      <div class="tabs" role="group" aria-label=${e("tabs.label")}>
        ${["conversation","customer"].map(n=>l`<button
            data-tab=${n}
            aria-pressed=${this.tab===n?"true":"false"}
            @click=${()=>this.tab=n}
          >
            ${e(`tabs.${n}`)}
          </button>`)}
      </div>
    `}}customElements.define("souffleur-panel",jn);const Qe="souffleur.lang";function Bn(){try{return localStorage.getItem(Qe)}catch{return null}}function Fn(t,e){t.lang=e==="en"?"en":"fr",document.documentElement.lang=t.lang}const S=document.querySelector("souffleur-panel");if(S!==null){const t=Ge(),e=navigator.language.startsWith("en")?"en":"fr",n=S.getAttribute("lang");Fn(S,t.lang??n??Bn()??e),S.addEventListener("lang-changed",i=>{const r=i.detail;document.documentElement.lang=r;try{localStorage.setItem(Qe,r)}catch{}}),t.conversation!==null&&(S.conversationId=t.conversation);const s=t.token??Je();s!==null&&S.signIn(s)}export{Ut as STRINGS,jn as SouffleurPanel,Tt as apply,Et as compareIds,Yn as emptyScreen,Ct as fold,we as follow,Wt as nextOrder,xe as trayOf};
